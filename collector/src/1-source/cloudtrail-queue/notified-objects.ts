/**
 * Which S3 objects a queue message speaks of: S3 event notifications, the same through SNS or EventBridge, and
 * CloudTrail's own SNS notice.
 */

/** An object in a bucket; `key` as it is, not percent-encoded. */
export interface NotifiedObject {
  readonly bucket: string;
  readonly key: string;
}

const bucketName = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** Objects of a message, an empty list when it is one of the notices without objects (s3:TestEvent, deletions); undefined when it is nothing known. */
export function notifiedObjects(body: string): readonly NotifiedObject[] | undefined {
  return objectsIn(parsed(body), 0);
}

type Fields = Readonly<Record<string, unknown>>;

function objectsIn(message: Fields | undefined, depth: number): readonly NotifiedObject[] | undefined {
  if (message === undefined || depth > 2) return undefined;
  if (typeof message['Message'] === 'string') return objectsIn(parsed(message['Message']), depth + 1);
  if (message['Event'] === 's3:TestEvent') return [];
  const { Records: records, s3Bucket, s3ObjectKey, detail } = message;
  if (Array.isArray(records)) return allKnown(records.map((record) => ofNotification(fieldsOf(record))));
  if (typeof s3Bucket === 'string' && Array.isArray(s3ObjectKey))
    return allKnown(s3ObjectKey.map((key) => objectOf(s3Bucket, key)));
  if (message['source'] === 'aws.s3') {
    const { bucket, object } = fieldsOf(detail);
    return allKnown([objectOf(fieldsOf(bucket)['name'], fieldsOf(object)['key'])]);
  }
  return undefined;
}

/** S3 encodes keys of notifications as in a query: `+` is a blank. 'none' for events that make no object. */
function ofNotification(record: Fields): NotifiedObject | 'none' | undefined {
  const name = record['eventName'];
  if (typeof name === 'string' && !/^(s3:)?ObjectCreated:/.test(name)) return 'none';
  const { bucket, object } = fieldsOf(record['s3']);
  const key = fieldsOf(object)['key'];
  if (typeof key !== 'string') return undefined;
  try {
    return objectOf(fieldsOf(bucket)['name'], decodeURIComponent(key.replaceAll('+', ' ')));
  } catch {
    return undefined;
  }
}

function objectOf(bucket: unknown, key: unknown): NotifiedObject | undefined {
  const isKnown = typeof bucket === 'string' && bucketName.test(bucket) && typeof key === 'string';
  return isKnown && key !== '' && key.length <= 1024 ? { bucket, key } : undefined;
}

function allKnown(
  objects: readonly (NotifiedObject | 'none' | undefined)[],
): readonly NotifiedObject[] | undefined {
  const found: NotifiedObject[] = [];
  for (const object of objects) {
    if (object === undefined) return undefined;
    if (object !== 'none') found.push(object);
  }
  return found;
}

function parsed(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Fields)
      : undefined;
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
