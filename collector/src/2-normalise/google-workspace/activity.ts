/** One activity, whether it came from the Reports API or as a Cloud Logging entry. */
import {
  addressOf,
  fieldsOf,
  fieldsOrNone,
  instantOf,
  isTrue,
  listOf,
  loginOf,
  nameOf,
  numberOf,
  textOf,
  type Fields,
} from '../audit-field.ts';
import { googleEventName } from './event-types.ts';
import type { AuditActor } from '../audit-draft.ts';

/** Values of a parameter as texts; a single value is a list of one. */
export type Parameters = ReadonlyMap<string, readonly string[]>;

/** One event of an activity. `ok` false: the feed says the action failed. */
export interface ActivityEvent {
  readonly name: string;
  readonly kind: string | undefined;
  readonly parameters: Parameters;
  readonly ok: boolean;
  readonly raw: Fields;
}

/** Who acted; `onBehalfOf` is the user an application acted as. */
export interface ActivityActor extends AuditActor {
  readonly onBehalfOf?: string | undefined;
}

/** An activity with what all its events share. `key`: application, time and qualifier, equal for both ways of delivery. */
export interface Activity {
  readonly key: readonly string[];
  readonly id: string | undefined;
  readonly at: NonNullable<ReturnType<typeof instantOf>>;
  readonly application: string;
  readonly actor: ActivityActor;
  readonly ip: string | undefined;
  readonly country: string | undefined;
  readonly asn: number | undefined;
  readonly userAgent: string | undefined;
  readonly events: readonly ActivityEvent[];
  readonly shared: Fields;
}

/** Why a record is no activity; `path` is a JSON pointer. */
export interface ActivityFault {
  readonly code: 'missing_field' | 'bad_timestamp';
  readonly path: string;
  readonly message: string;
}

/** Reads either shape. `hash` names the record when the feed gives it no id. */
export function readActivity(record: Fields, hash: () => string): Activity | ActivityFault {
  const payload = fieldsOf(record['protoPayload']);
  return payload === undefined ? readReport(record, hash) : readLogEntry(record, payload, hash);
}

function readReport(record: Fields, hash: () => string): Activity | ActivityFault {
  const id = fieldsOf(record['id']);
  if (id === undefined)
    return {
      code: 'missing_field',
      path: '/id',
      message: 'an activity has an id object (or a protoPayload)',
    };
  const at = instantOf(id['time']);
  if (at === undefined)
    return { code: 'bad_timestamp', path: '/id/time', message: 'id.time must be an RFC 3339 time' };
  const application = textOf(id['applicationName'], 64) ?? '';
  const qualifier = textOf(id['uniqueQualifier'], 64);
  const network = fieldsOrNone(record['networkInfo']);
  return {
    key: [application, String(at.ms), qualifier ?? hash()],
    id: qualifier,
    at,
    application,
    actor: reportActor(fieldsOrNone(record['actor'])),
    ip: addressOf(record['ipAddress']),
    country: nameOf(network['regionCode'], 64),
    asn: numberOf(listOf(network['ipAsn'])[0]) ?? numberOf(network['ipAsn']),
    userAgent: nameOf(record['userAgent']),
    events: eventsOf(listOf(record['events']), 'name', 'type', 'parameters'),
    // Each event stands beside what all have in common; undefined counts as absent.
    shared: { ...record, events: undefined },
  };
}

function readLogEntry(record: Fields, payload: Fields, hash: () => string): Activity | ActivityFault {
  const metadata = fieldsOrNone(payload['metadata']);
  const activityId = fieldsOrNone(metadata['activityId']);
  const at = usecInstant(activityId['timeUsec']) ?? instantOf(record['timestamp']);
  if (at === undefined)
    return { code: 'bad_timestamp', path: '/timestamp', message: 'timestamp must be an RFC 3339 time' };
  const application = applicationOf(payload);
  const qualifier = textOf(activityId['uniqQualifier'], 64);
  const insertId = textOf(record['insertId'], 128);
  const email = loginOf(fieldsOrNone(payload['authenticationInfo'])['principalEmail']);
  const request = fieldsOrNone(payload['requestMetadata']);
  return {
    key: [application, String(at.ms), qualifier ?? insertId ?? hash()],
    id: qualifier ?? insertId,
    at,
    application,
    actor: personActor(email, undefined),
    ip: addressOf(request['callerIp']),
    country: undefined,
    asn: undefined,
    userAgent: nameOf(request['callerSuppliedUserAgent']),
    events: logEvents(payload, metadata),
    shared: record,
  };
}

/** Names that services of Cloud Logging have as applications of the Reports API, where they are other ones. */
const applicationByService: ReadonlyMap<string, string> = new Map([
  ['oauth2', 'token'],
  ['cloudidentity', 'groups_enterprise'],
]);

/** Application an entry is of, as the Reports API calls it: single sign-on of applications is logged under `login`. */
function applicationOf(payload: Fields): string {
  const service = textOf(payload['serviceName'], 128) ?? '';
  const dot = service.indexOf('.');
  const name = dot < 0 ? service : service.slice(0, dot);
  const method = textOf(payload['methodName'], 256) ?? '';
  if (name === 'login' && /\bsaml/i.test(method)) return 'saml';
  return applicationByService.get(name) ?? name;
}

/** Microseconds since the epoch, as text; they are the time of the activity, the entry's own may be later. */
function usecInstant(value: unknown): Activity['at'] | undefined {
  const usec = numberOf(value);
  const ms = usec === undefined ? undefined : Math.floor(usec / 1000);
  return ms === undefined || ms < 946_684_800_000 || ms > 253_402_300_799_999
    ? undefined
    : { ms, precision: 'ms' };
}

/** Events of the metadata; some services name the event by their method only. */
function logEvents(payload: Fields, metadata: Fields): readonly ActivityEvent[] {
  const events = eventsOf(listOf(metadata['event']), 'eventName', 'eventType', 'parameter');
  const method = textOf(payload['methodName'], 256);
  if (events.length > 0 || method === undefined) return events;
  const status = fieldsOrNone(payload['status'])['code'];
  return [
    {
      name: googleEventName(method),
      kind: undefined,
      parameters: new Map(),
      ok: status === undefined || status === 0,
      raw: { methodName: method },
    },
  ];
}

/** Through domain-wide delegation an application acts as a user, who did nothing. */
function reportActor(actor: Fields): ActivityActor {
  const email = loginOf(actor['email']);
  const application = fieldsOf(actor['applicationInfo']);
  if (application !== undefined && (email === undefined || isTrue(application['impersonation']))) {
    const id = nameOf(application['oauthClientId']) ?? nameOf(application['applicationName']);
    if (id !== undefined)
      return {
        realm: 'google',
        id,
        type: 'service',
        origin: 'customer',
        name: nameOf(application['applicationName']),
        onBehalfOf: email,
      };
  }
  if (email !== undefined || actor['callerType'] === 'USER')
    return personActor(email, nameOf(actor['profileId']));
  const key = nameOf(actor['key']);
  if (key === undefined) return personActor(undefined, nameOf(actor['profileId']));
  return { realm: 'google', id: key, type: key === 'SYSTEM' ? 'system' : 'service', origin: 'unknown' };
}

function personActor(email: string | undefined, profileId: string | undefined): AuditActor {
  const id = email ?? profileId;
  if (id === undefined) return { realm: 'google', type: 'unknown', origin: 'unknown' };
  const isService = id.endsWith('.gserviceaccount.com');
  return {
    realm: 'google',
    id,
    type: isService ? 'service' : 'user',
    origin: 'customer',
    email: email?.includes('@') === true ? email : undefined,
  };
}

function eventsOf(
  list: readonly unknown[],
  nameKey: string,
  kindKey: string,
  parametersKey: string,
): ActivityEvent[] {
  const events: ActivityEvent[] = [];
  for (const each of list) {
    const event = fieldsOf(each);
    const name = textOf(event?.[nameKey], 256)?.trim();
    if (event === undefined || name === undefined || name === '') continue;
    events.push({
      name,
      kind: textOf(event[kindKey], 128),
      parameters: parametersOf(listOf(event[parametersKey])),
      ok: isDone(fieldsOrNone(event['status'])),
      raw: event,
    });
  }
  return events;
}

/** Both forms of a status: a flag, and the word `eventStatus`. */
function isDone(status: Fields): boolean {
  const word = status['eventStatus'];
  return status['success'] !== false && word !== 'FAILED' && word !== 'SKIPPED';
}

const parametersMax = 256;

function parametersOf(list: readonly unknown[]): Parameters {
  const parameters = new Map<string, readonly string[]>();
  for (const each of list) {
    const entry = fieldsOf(each);
    const name = textOf(entry?.['name'], 128);
    if (entry === undefined || name === undefined || parameters.size >= parametersMax) continue;
    parameters.set(name, valuesOf(entry));
  }
  return parameters;
}

function valuesOf(entry: Fields): readonly string[] {
  const single = entry['value'] ?? entry['boolValue'] ?? entry['intValue'];
  if (single !== undefined && single !== null)
    return typeof single === 'boolean' ? [String(single)] : [textOf(single, 4096) ?? ''];
  const several = entry['multiValue'] ?? entry['multiStrValue'] ?? entry['multiIntValue'];
  if (Array.isArray(several)) return several.slice(0, 256).flatMap((item) => textOf(item, 1024) ?? []);
  const message = entry['messageValue'] ?? entry['multiMessageValue'];
  return message === undefined ? [] : [JSON.stringify(message)];
}
