#include "connectors/http/token_check.h"

#include <openssl/crypto.h>
#include <strings.h>

namespace tocsin {

bool is_authorized(std::string_view authorization, const std::vector<std::string>& tokens) {
  constexpr std::string_view kScheme = "Bearer ";
  if (authorization.size() <= kScheme.size() || strncasecmp(authorization.data(), kScheme.data(), kScheme.size()) != 0)
    return false;
  const std::string_view given = authorization.substr(kScheme.size());
  bool found = false;
  for (const std::string& token : tokens)
    if (token.size() == given.size() && CRYPTO_memcmp(token.data(), given.data(), given.size()) == 0) found = true;
  return found;
}

}  // namespace tocsin
