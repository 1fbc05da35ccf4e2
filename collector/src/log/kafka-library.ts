/** The Kafka library, loaded when a broker is configured: a collector without one saves ten megabytes of heap. */
import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);

/** Everything @platformatic/kafka exports. */
export function kafkaLibrary(): typeof import('@platformatic/kafka') {
  return load('@platformatic/kafka') as typeof import('@platformatic/kafka');
}
