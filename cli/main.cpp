#include "cli/run.h"

int main(int argc, char** argv) { return cowcheck::run(argc, argv); }
