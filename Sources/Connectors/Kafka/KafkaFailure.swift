import CRdKafka
import Runtime

/// An error that librdkafka returned, in either of its two shapes.
struct KafkaFailure: Error {
    let code: rd_kafka_resp_err_t
    let text: String
    /// The client cannot be used any longer.
    let isFatal: Bool
    /// The same call may succeed when it is repeated.
    let isRetriable: Bool
    /// The transaction can only be aborted.
    let requiresAbort: Bool

    init(_ code: rd_kafka_resp_err_t, _ text: String? = nil) {
        self.code = code
        self.text = text ?? String(cString: rd_kafka_err2str(code))
        isFatal = code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR__FENCED
        isRetriable = code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT
        requiresAbort = false
    }

    /// The error that ended a client.
    init(fatal code: rd_kafka_resp_err_t, _ text: String) {
        self.code = code
        self.text = text
        isFatal = true
        isRetriable = false
        requiresAbort = false
    }

    /// Takes over a rich error, which is freed; nil for success.
    init?(taking error: OpaquePointer?) {
        guard let error else { return nil }
        code = rd_kafka_error_code(error)
        text = String(cString: rd_kafka_error_string(error))
        isFatal = rd_kafka_error_is_fatal(error) != 0
        isRetriable = rd_kafka_error_is_retriable(error) != 0
        requiresAbort = rd_kafka_error_txn_requires_abort(error) != 0
        rd_kafka_error_destroy(error)
    }

    /// Another producer with the same transactional id took over, or the broker gave this one up.
    var isFenced: Bool {
        switch code {
        case RD_KAFKA_RESP_ERR__FENCED, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
            RD_KAFKA_RESP_ERR_TRANSACTION_COORDINATOR_FENCED, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
            true
        default:
            false
        }
    }

    /// librdkafka found it out by itself: no broker said so.
    private var isLocal: Bool { code.rawValue < RD_KAFKA_RESP_ERR_UNKNOWN.rawValue }

    /// The failure as the engine's error; `subject` says what was tried, like `create topic ORDERS`.
    func topicError(_ subject: String, servers: String) -> TopicError {
        let message = "cannot \(subject): \(text)"
        switch code {
        case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE,
            RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
            RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
            RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
            RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
            RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS,
            RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT:
            return TopicError(
                .unreachable,
                "cannot \(subject): Kafka at \(servers) \(isLocal ? "does not answer (\(text))" : "answers: \(text)")",
                hint: "Check that the Kafka brokers at \(servers) run and can be reached from here."
            )
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
            RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
            return TopicError(.notFound, message, hint: "SHOW TOPICS lists the topics of the cluster.")
        case RD_KAFKA_RESP_ERR__QUEUE_FULL, RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
            return TopicError(.full, message)
        case RD_KAFKA_RESP_ERR__BAD_MSG, RD_KAFKA_RESP_ERR_INVALID_MSG, RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
            return TopicError(.corrupt, message)
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
            return TopicError(.refused, message, hint: "Raise the topic's max.message.bytes.")
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
            return TopicError(
                .refused,
                message,
                hint: "The user that Weir logs in as needs access to the topics it uses and to groups and "
                    + "transactional ids that begin with weir-."
            )
        default:
            return TopicError(isFenced ? .fenced : .refused, message)
        }
    }
}
