/** What every key of a source with a transport of its own is for, in a sentence. */
import { EppSourceSchema, QueueSourceSchema, SyslogSourceSchema } from './config-feed-sources.ts';
import type { ConfigSection } from './config-section.ts';

const any = {
  id: 'Unique among sources: name of its cursor and its metric label.',
  feed: 'The feed.',
  tenant: 'Whose events these are.',
  instance: 'Account, when there are several; part of event ids.',
};

/** Sections, in the order of the page. */
export const feedSections: readonly ConfigSection[] = [
  {
    title: 'CloudTrail by SQS and S3',
    place: 'sources[], feed: aws-cloudtrail, via: sqs',
    schema: QueueSourceSchema,
    keys: {
      ...any,
      via: 'Files announced in a queue; a message is deleted once its records are durable.',
      region: 'Region of queue and bucket.',
      queue_url: 'Address of the queue.',
      access_key_id: 'Access key; needs `sqs:ReceiveMessage`, `sqs:DeleteMessage`, `s3:GetObject`.',
      secret_access_key: 'Its secret.',
      session_token: 'Session token of temporary keys.',
      buckets: 'Only objects of these buckets are read; left out: of any the key may read.',
      s3_url: 'Address of S3; for tests and private endpoints.',
    },
  },
  {
    title: 'EPP message queue',
    place: 'sources[], feed: epp-poll, via: epp',
    schema: EppSourceSchema,
    keys: {
      ...any,
      instance: 'Registry and account, e.g. `verisign/1234`; part of event ids.',
      via: 'A session over TLS in each interval: log in, empty the queue, log out.',
      host: 'Server of the registry.',
      port: 'Its port.',
      user: 'Client identifier.',
      password: 'Password of the account; one that may do nothing but poll, where the registry offers it.',
      tls: 'Certificate authority `ca`, and `cert` with `key` of the registrar: paths of PEM files, `key` as a secret.',
      owns_queue:
        'Must be true: a message that is acknowledged here is gone for every other client. Where another client owns the queue, let it write copies and read those as files.',
      interval_s: 'Seconds between sessions.',
      timeout_ms: 'Milliseconds for one answer.',
    },
  },
  {
    title: 'Syslog receiver',
    place: 'sources[], via: syslog',
    schema: SyslogSourceSchema,
    keys: {
      ...any,
      feed: 'What the messages are; `webhook` gives the mapping the whole message as JSON, every other feed its text.',
      via: 'RFC 5424 (older forms keep their text), over TCP with both framings of RFC 6587, or UDP.',
      protocol: 'Datagrams can be forged and lost: what comes by UDP is a hint.',
      listen: 'Address and port.',
      from: 'Networks that may send, in CIDR form.',
      mapping: 'Only feed `webhook`: as for webhooks, over `/message`, `/app_name`, `/structured_data/…`.',
      connections_max: 'Open connections.',
      heartbeat_s: 'Seconds without a message after which the sender counts as silent.',
    },
  },
];
