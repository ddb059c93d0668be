#include "CRocksExtras.h"

#include <memory>

#include <rocksdb/env.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/status.h>

namespace {

/// Writes nothing. What goes wrong is returned by the calls.
class NoLog final : public rocksdb::Logger {
public:
    NoLog() : rocksdb::Logger(rocksdb::InfoLogLevel::FATAL_LEVEL) {}
    using rocksdb::Logger::Logv;
    void Logv(const char *, va_list) override {}
    void Logv(const rocksdb::InfoLogLevel, const char *, va_list) override {}
    void LogHeader(const char *, va_list) override {}
};

/// RocksDB would look for space every five seconds and take writes again. But with nothing in memory to flush it keeps
/// the write-ahead log whose last record is torn, and the next write to that trips an assertion.
class OpenedAnew final : public rocksdb::EventListener {
public:
    void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool *isAutomatic) override {
        *isAutomatic = false;
    }
};

}  // namespace

extern "C" void weir_rocksdb_prepare(rocksdb_options_t *options) {
    // The C interface's handle is a struct whose only member is this; callers of the C interface have no other way to
    // what it leaves out.
    auto *inner = reinterpret_cast<rocksdb::Options *>(options);
    inner->info_log = std::make_shared<NoLog>();
    inner->listeners.push_back(std::make_shared<OpenedAnew>());
}
