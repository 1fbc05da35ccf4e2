/** The messages of opentelemetry-proto v1 (logs) that an export request is made of, as a protobuf.js descriptor. */
import protobuf from 'protobufjs/light.js';

const field = (id: number, type: string) => ({ id, type });
const list = (id: number, type: string) => ({ id, type, rule: 'repeated' });

/** Field numbers of opentelemetry/proto/{collector/logs,logs,common,resource}/v1 at release 1.5; what is not named is skipped. */
const descriptor = {
  nested: {
    Request: { fields: { resourceLogs: list(1, 'ResourceLogs') } },
    ResourceLogs: { fields: { resource: field(1, 'Resource'), scopeLogs: list(2, 'ScopeLogs') } },
    Resource: { fields: { attributes: list(1, 'KeyValue') } },
    ScopeLogs: { fields: { scope: field(1, 'Scope'), logRecords: list(2, 'LogRecord') } },
    Scope: { fields: { name: field(1, 'string'), version: field(2, 'string') } },
    LogRecord: {
      fields: {
        timeUnixNano: field(1, 'fixed64'),
        severityNumber: field(2, 'int32'),
        severityText: field(3, 'string'),
        body: field(5, 'AnyValue'),
        attributes: list(6, 'KeyValue'),
        traceId: field(9, 'bytes'),
        spanId: field(10, 'bytes'),
        observedTimeUnixNano: field(11, 'fixed64'),
        eventName: field(12, 'string'),
      },
    },
    KeyValue: { fields: { key: field(1, 'string'), value: field(2, 'AnyValue') } },
    AnyValue: {
      oneofs: {
        value: {
          oneof: [
            'stringValue',
            'boolValue',
            'intValue',
            'doubleValue',
            'arrayValue',
            'kvlistValue',
            'bytesValue',
          ],
        },
      },
      fields: {
        stringValue: field(1, 'string'),
        boolValue: field(2, 'bool'),
        intValue: field(3, 'int64'),
        doubleValue: field(4, 'double'),
        arrayValue: field(5, 'ArrayValue'),
        kvlistValue: field(6, 'KeyValueList'),
        bytesValue: field(7, 'bytes'),
      },
    },
    ArrayValue: { fields: { values: list(1, 'AnyValue') } },
    KeyValueList: { fields: { values: list(1, 'KeyValue') } },
  },
};

const requestType = protobuf.Root.fromJSON(descriptor).lookupType('Request');

/** Request as the JSON form has it: 64-bit numbers as text, ids as hex. Undefined when the bytes are no such message. */
export function decodeLogsRequest(bytes: Uint8Array): unknown {
  try {
    return requestType.toObject(requestType.decode(bytes), { longs: String, bytes: Array });
  } catch {
    // protobuf.js throws for everything that is wrong with the bytes, depth included.
    return undefined;
  }
}
