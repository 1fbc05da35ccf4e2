/** The part before a name server's own words: syslog header, time in one of its forms, category and severity. */
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import { parseInstant } from '../leaf/time.ts';
import { instantOf } from './audit-field.ts';

/** A line without its prefix. `zoneAssumed`: the time had no zone and was read as UTC or with the offset configured. */
export interface LogPrefix {
  readonly rest: string;
  readonly timeMs: number;
  readonly precision: 'ms' | 's' | 'm' | 'd';
  readonly zoneAssumed: boolean;
  /** The line has a time of its own, so that it says by itself which line it is. */
  readonly hasOwnTime: boolean;
  readonly category: string | undefined;
  readonly severity: string | undefined;
  /** Host of a syslog header. */
  readonly host: string | undefined;
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const bindLocalTime = /^(\d{2})-([A-Z][a-z]{2})-(\d{4}) (\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?) /;
const isoTime = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?)(Z|[+-]\d{2}:?\d{2})? /;
const syslogTime = /^(?:<\d{1,3}>)?([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d{2}:\d{2}:\d{2}) /;
const epochTime = /^\[(\d{9,12})(?:\.\d{1,9})?\] /;
const syslogPriority = /^<\d{1,3}>(?:1 )?/;
const program = /^(\S{1,255}) ((?:named|unbound|isc-bind|bind9?)[\w.-]{0,40})(?:\[\d{1,10}\])?: /;
/** RFC 5424: host, program, process id, message id and structured data stand in fields of their own. */
const programFields =
  /^(\S{1,255}) ((?:named|unbound|isc-bind|bind9?)[\w.-]{0,40}) (?:-|\S{1,128}) (?:-|\S{1,32}) (?:-|\[[^\]]{0,1024}\]) (?:\ufeff)?/;
const severityPattern = /^(critical|error|warning|notice|info|debug \d{1,2}): /;
const categoryPattern =
  /^(client|config|database|default|delegation-only|dispatch|dnssec|dnstap|edns-disabled|general|lame-servers|network|notify|nsid|queries|query-errors|rate-limit|resolver|responses|rpz|rpz-passthru|security|serve-stale|spill|sslkeylog|trust-anchor-telemetry|unmatched|update|update-security|xfer-in|xfer-out|zoneload): /;

interface Found {
  readonly ms: number;
  readonly precision: LogPrefix['precision'];
  readonly zoneAssumed: boolean;
  readonly length: number;
}

function instant(text: string, zone: string | undefined, offset: string, length: number): Found | undefined {
  const read = parseInstant(`${text.replace(',', '.')}${zone ?? offset}`);
  return read === undefined
    ? undefined
    : { ms: read.ms, precision: read.precision, zoneAssumed: zone === undefined, length };
}

/** A month and day without year belong to the year that brings them nearest to the receipt (at most a day ahead of it). */
function yearOf(month: number, receivedAtMs: number): number {
  const received = new Date(receivedAtMs);
  const year = received.getUTCFullYear();
  return month > received.getUTCMonth() + 1 ? year - 1 : year;
}

function timeOf(text: string, offset: string, receivedAtMs: number): Found | undefined | 'unreadable' {
  const iso = isoTime.exec(text);
  if (iso !== null) return instant(iso[1]!, zoneText(iso[2]), offset, iso[0].length) ?? 'unreadable';
  const local = bindLocalTime.exec(text);
  if (local !== null) {
    const month = months.indexOf(local[2]!.toLowerCase()) + 1;
    const day = `${local[3]}-${String(month).padStart(2, '0')}-${local[1]}T${local[4]}`;
    return instant(day, undefined, offset, local[0].length) ?? 'unreadable';
  }
  const epoch = epochTime.exec(text);
  if (epoch !== null)
    return { ms: Number(epoch[1]) * 1000, precision: 's', zoneAssumed: false, length: epoch[0].length };
  const syslog = syslogTime.exec(text);
  if (syslog === null) return undefined;
  const month = months.indexOf(syslog[1]!.toLowerCase());
  const day = `${yearOf(month, receivedAtMs)}-${String(month + 1).padStart(2, '0')}-${syslog[2]!.padStart(2, '0')}T${syslog[3]}`;
  return instant(day, undefined, offset, syslog[0].length) ?? 'unreadable';
}

function zoneText(zone: string | undefined): string | undefined {
  if (zone === undefined || zone === 'Z' || zone.includes(':')) return zone;
  return `${zone.slice(0, 3)}:${zone.slice(3)}`;
}

/**
 * Splits the prefix off. `utcOffset` such as `+02:00` is the zone of local times (BIND writes none by default); absent
 * means UTC. Without any time `envelopeTime`, RFC 3339 text of whoever carried the line, counts, else the receipt. A time
 * that is there and impossible is `bad_timestamp`.
 */
export function takeLogPrefix(
  line: string,
  utcOffset: string | undefined,
  receivedAtMs: number,
  envelopeTime?: string,
): Outcome<LogPrefix> {
  const offset = utcOffset !== undefined && /^(Z|[+-]\d{2}:\d{2})$/.test(utcOffset) ? utcOffset : 'Z';
  let rest = line.replace(syslogPriority, '');
  let time: Found | undefined;
  let host: string | undefined;
  // A syslog header has a time of its own; the server's time behind it is nearer to the fact.
  for (let i = 0; i < 2; i++) {
    const found = timeOf(rest, offset, receivedAtMs);
    if (found === 'unreadable')
      return failed('bad_timestamp', `time at the beginning of the line is impossible: ${rest.slice(0, 40)}`);
    if (found !== undefined) {
      time = found;
      rest = rest.slice(found.length);
    }
    const named = program.exec(rest) ?? programFields.exec(rest);
    if (named === null) break;
    host = named[1];
    rest = rest.slice(named[0].length);
  }
  const hasOwnTime = time !== undefined;
  const carried = time === undefined ? instantOf(envelopeTime) : undefined;
  if (carried !== undefined) time = { ...carried, zoneAssumed: false, length: 0 };
  const category = categoryPattern.exec(rest);
  if (category !== null) rest = rest.slice(category[0].length);
  const severity = severityPattern.exec(rest);
  if (severity !== null) rest = rest.slice(severity[0].length);
  return succeeded({
    rest,
    timeMs: time?.ms ?? receivedAtMs,
    precision: time?.precision ?? 'ms',
    zoneAssumed: time?.zoneAssumed ?? false,
    hasOwnTime,
    category: category?.[1],
    severity: severity?.[1],
    host,
  });
}
