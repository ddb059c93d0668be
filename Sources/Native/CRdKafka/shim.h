#include <librdkafka/rdkafka.h>
// What the consumer's queues signal; Swift's Glibc module does not have it.
#include <sys/eventfd.h>
