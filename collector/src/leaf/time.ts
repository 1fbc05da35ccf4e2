/** Instants: RFC 3339 text to epoch milliseconds and back, by hand, so that every engine agrees. */

/** An instant and how exactly it was written: to the millisecond (any fraction), second, minute or day. */
export interface Instant {
  readonly ms: number;
  readonly precision: 'ms' | 's' | 'm' | 'd';
}

const dayMs = 86_400_000;
const daysInMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const code = text.charCodeAt(i) - 0x30;
    if (!(code >= 0 && code <= 9)) return -1;
    value = value * 10 + code;
  }
  return value;
}

/** Days from 1970-01-01 in the proleptic Gregorian calendar, counted from 1 March so that leap days come last. */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function dayStartMs(text: string): number | undefined {
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  if (year < 1 || month < 1 || month > 12 || day < 1) return undefined;
  if (text.charCodeAt(4) !== 0x2d || text.charCodeAt(7) !== 0x2d) return undefined;
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  if (day > (daysInMonth[month - 1] ?? 0) + (month === 2 && isLeap ? 1 : 0)) return undefined;
  return daysFromCivil(year, month, day) * dayMs;
}

/** Offset from UTC in milliseconds of `Z`, `+hh:mm`, `+hhmm` or `+hh` standing from `at` to the end; undefined otherwise. */
function offsetMs(text: string, at: number): number | undefined {
  const sign = text.charCodeAt(at);
  const rest = text.length - at - 1;
  if (sign === 0x5a || sign === 0x7a) return rest === 0 ? 0 : undefined;
  if (sign !== 0x2b && sign !== 0x2d) return undefined;
  const hours = digits(text, at + 1, 2);
  let minutes = 0;
  if (rest === 5 && text.charCodeAt(at + 3) === 0x3a) minutes = digits(text, at + 4, 2);
  else if (rest === 4) minutes = digits(text, at + 3, 2);
  else if (rest !== 2) return undefined;
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return undefined;
  return (sign === 0x2d ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/**
 * Reads an RFC 3339 time: 0-9 fraction digits (cut to milliseconds), any offset, `T` or a space, minutes without seconds,
 * or a date alone (start of the day, UTC). Second 60 is the first of the next minute. Undefined: not such a text, no zone
 * on a time, or a year outside 0001-9999. A feed whose times have no zone appends its own before calling.
 */
export function parseInstant(text: string): Instant | undefined {
  const length = text.length;
  if (length < 10 || length > 40) return undefined;
  const dayStart = dayStartMs(text);
  if (dayStart === undefined) return undefined;
  if (length === 10) return { ms: dayStart, precision: 'd' };
  const separator = text.charCodeAt(10);
  if (separator !== 0x54 && separator !== 0x74 && separator !== 0x20) return undefined;
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || text.charCodeAt(13) !== 0x3a) return undefined;
  let second = 0;
  let fractionMs = 0;
  let at = 16;
  let precision: Instant['precision'] = 'm';
  if (text.charCodeAt(16) === 0x3a) {
    second = digits(text, 17, 2);
    if (second < 0 || second > 60) return undefined;
    at = 19;
    precision = 's';
    if (text.charCodeAt(19) === 0x2e) {
      const from = 20;
      at = from;
      while (at - from < 9 && digits(text, at, 1) >= 0) at += 1;
      if (at === from) return undefined;
      const kept = Math.min(3, at - from);
      fractionMs = digits(text, from, kept) * (kept === 1 ? 100 : kept === 2 ? 10 : 1);
      precision = 'ms';
    }
  }
  if (at >= length) return undefined;
  const offset = offsetMs(text, at);
  if (offset === undefined) return undefined;
  const ms = dayStart + ((hour * 60 + minute) * 60 + second) * 1000 + fractionMs - offset;
  if (ms < instantMsMin || ms > instantMsMax) return undefined;
  // Exactly as `formatInstant` writes it.
  if (at === 23 && length === 24 && second < 60 && separator === 0x54 && text.charCodeAt(23) === 0x5a) {
    readText = text;
    readMs = ms;
  }
  return { ms, precision };
}

/** Newest instant that was read in the form it would be written in, and newest that was written: a time read is soon written. Caches. */
let [readMs, readText] = [0, '1970-01-01T00:00:00.000Z'];
let [writtenMs, writtenText] = [readMs, readText];

/** First millisecond of year 1 and last of year 9999: what four year digits can say. */
const instantMsMin = -62_135_596_800_000;
const instantMsMax = 253_402_300_799_999;

/** Calendar date of a day counted from 1970-01-01, in the proleptic Gregorian calendar: `daysFromCivil` backwards. */
function civilFromDays(day: number): readonly [year: number, month: number, day: number] {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return [year, month, dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1];
}

/** Codes of the digits of a number below 1000, by the number. */
const ones = Uint8Array.from({ length: 1000 }, (_, value) => 0x30 + (value % 10));
const tens = Uint8Array.from({ length: 1000 }, (_, value) => 0x30 + (Math.floor(value / 10) % 10));

function one(value: number): number {
  return ones[value] as number;
}

function ten(value: number): number {
  return tens[value] as number;
}

/** Newest date that was written: year in two halves, month, day of the month. A cache: a feed speaks of one day for long. */
let [writtenDay, century, yearOfCentury, month, dayOfMonth] = [Number.NaN, 0, 0, 0, 0];

function setDate(day: number): void {
  const [year, ofYear, ofMonth] = civilFromDays(day);
  writtenDay = day;
  century = (year / 100) | 0;
  yearOfCentury = (year % 100) | 0;
  month = ofYear | 0;
  dayOfMonth = ofMonth | 0;
}

/**
 * `YYYY-MM-DDTHH:MM:SS.mmmZ` of epoch milliseconds; fractions are cut. Outside years 1-9999 the nearest end is taken.
 * Written in one go, because a text put together from parts is put together again by its first reader.
 */
export function formatInstant(ms: number): string {
  if (ms === readMs) return readText;
  if (ms === writtenMs) return writtenText;
  const text = instantText(ms);
  writtenMs = ms;
  writtenText = text;
  return text;
}

/**
 * Whether a text is the newest that was written here, or that was read in the form it would be written in: such a text is an
 * instant without a second look. False says nothing.
 */
export function isNewestInstant(text: string): boolean {
  return text === writtenText || text === readText;
}

function instantText(ms: number): string {
  const whole = Math.floor(Math.min(Math.max(ms, instantMsMin), instantMsMax));
  const day = Math.floor(whole / dayMs);
  // Small whole numbers from here on.
  const inDay = (whole - day * dayMs) | 0;
  const seconds = (inDay / 1000) | 0;
  const minutes = (seconds / 60) | 0;
  const hours = (minutes / 60) | 0;
  if (day !== writtenDay) setDate(day);
  const [rest, second, minute] = [inDay % 1000, seconds % 60, minutes % 60];
  // prettier-ignore
  return String.fromCharCode(
    ten(century), one(century), ten(yearOfCentury), one(yearOfCentury), 0x2d,
    ten(month), one(month), 0x2d, ten(dayOfMonth), one(dayOfMonth), 0x54,
    ten(hours), one(hours), 0x3a, ten(minute), one(minute), 0x3a,
    ten(second), one(second), 0x2e, one((rest / 100) | 0), ten(rest), one(rest), 0x5a,
  );
}
