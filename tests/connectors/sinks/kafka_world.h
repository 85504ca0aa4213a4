#pragma once

#include <cstdlib>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "connectors/sinks/kafka_options.h"

namespace tocsin::test {

/// The Kafka that tests shall use, from TOCSIN_TEST_BOOTSTRAP; empty when none is given.
std::string test_bootstrap();

/// A prefix for topics that no other test, and no earlier run, has.
std::string fresh_prefix();

/// Options for the Kafka at `bootstrap`, with topics of its own.
KafkaSinkOptions fresh_options(const std::string& bootstrap);

/// Makes a topic with settings of its own ("max.message.bytes"), or fails the test.
void make_topic(const std::string& bootstrap, const std::string& topic,
                const std::map<std::string, std::string>& settings);
/// Changes settings of a topic, or fails the test.
void alter_topic(const std::string& bootstrap, const std::string& topic,
                 const std::map<std::string, std::string>& settings);
/// One setting of a topic, as the broker has it.
std::string setting_of(const std::string& bootstrap, const std::string& topic, const std::string& setting);

}  // namespace tocsin::test

/// Delivery is proven on a real Kafka only. Without one: a skip that says so, with CI=true a failure.
#define TOCSIN_NEEDS_KAFKA()                                                                                         \
  do {                                                                                                               \
    if (::tocsin::test::test_bootstrap().empty()) {                                                                  \
      const char* ci = std::getenv("CI");                                                                            \
      ASSERT_FALSE(ci != nullptr && std::string(ci) == "true") << "TOCSIN_TEST_BOOTSTRAP names no Kafka";            \
      GTEST_SKIP() << "TOCSIN_TEST_BOOTSTRAP names no Kafka: delivery is NOT tested (deploy/kafka/start makes one)"; \
    }                                                                                                                \
  } while (false)
