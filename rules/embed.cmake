# Writes the file FROM as a C++ raw string literal to TO.
file(READ ${FROM} text)
string(FIND "${text}" ")TOCSIN\"" end_mark)
if(NOT end_mark EQUAL -1)
  message(FATAL_ERROR "${FROM} holds the mark that ends its literal")
endif()
file(WRITE ${TO} "R\"TOCSIN(${text})TOCSIN\"")
