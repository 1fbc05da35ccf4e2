import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { frameFile } from '../../../../collector/src/1-source/file/frame-file.ts';
import { splitJsonList } from '../../../../collector/src/1-source/json-list.ts';
import type { SourceName } from '../../../../collector/src/contract/source-name.ts';

function framed(source: SourceName, name: string, bytes: Uint8Array | string): string[] {
  const content = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  return [...frameFile(source, name, content)].map((record) =>
    'bytes' in record
      ? `${record.index} ${record.contentType} ${Buffer.from(record.bytes).toString()}`
      : `${record.index} ${record.failure.code} ${record.failure.path}`,
  );
}

test('lines: CRLF, blank lines, a byte order mark and no newline at the end', () => {
  assert.deepEqual(framed('okta', 'a/b.ndjson', '\ufeff{"a":1}\r\n\n  \n{"b":2}'), [
    '0 application/json {"a":1}',
    '1 application/json {"b":2}',
  ]);
  assert.deepEqual(framed('bind-log', 'query.log', 'x\ny\n'), ['0 text/plain x', '1 text/plain y']);
  assert.deepEqual(framed('okta', 'empty.ndjson', ''), []);
});

test('a line over the limit is a dead letter for itself only', () => {
  const long = `{"a":"${'x'.repeat(1024 * 1024)}"}`;
  assert.deepEqual(framed('okta', 'a.ndjson', `{"a":1}\n${long}\n{"b":2}\n`), [
    '0 application/json {"a":1}',
    '1 too_large line 2',
    '2 application/json {"b":2}',
  ]);
});

test('whole files, gzip of any, and files nobody knows', () => {
  assert.deepEqual(framed('dnsimple', 'x.http', 'POST / HTTP/1.1\n\n{}'), [
    '0 message/http POST / HTTP/1.1\n\n{}',
  ]);
  assert.deepEqual(framed('epp-poll', 'x.xml.gz', gzipSync('<epp/>')), ['0 application/xml <epp/>']);
  assert.deepEqual(framed('okta', 'x.ndjson.gz', gzipSync('1\n2\n')), [
    '0 application/json 1',
    '1 application/json 2',
  ]);
  assert.deepEqual(framed('okta', 'x.ndjson', gzipSync('1\n')), ['0 application/json 1']);
  assert.deepEqual(framed('okta', 'x.csv', 'a,b'), ['0 unsupported_format ']);
});

test('a gzip bomb and a damaged gzip are dead letters', () => {
  const bomb = gzipSync(Buffer.alloc(17 * 1024 * 1024));
  assert.deepEqual(framed('rdap', 'x.json.gz', bomb), ['0 too_large ']);
  assert.deepEqual(framed('rdap', 'x.json.gz', gzipSync('{}').subarray(0, 12)), ['0 bad_wire_format ']);
});

test('list files give each element with its own bytes', () => {
  const file = '{"meta":{"a":"]}\\""}, "Records" : [ {"x":"a,b]"} ,{"y":[1,{"z":2}]} ] }';
  assert.deepEqual(framed('aws-cloudtrail', 'x.json', file), [
    '0 application/json {"x":"a,b]"}',
    '1 application/json {"y":[1,{"z":2}]}',
  ]);
  assert.deepEqual(framed('m365-audit', 'x.json', '[{"a":1},{"b":2}]').length, 2);
  assert.deepEqual(framed('rdap', 'x.json', '{"entities":[1,2]}').length, 1);
});

test('a list that was cut loses only its last element; a comma too many is none', () => {
  assert.deepEqual(framed('aws-cloudtrail', 'x.json', '{"Records":[{"a":1},{"b":'), [
    '0 application/json {"a":1}',
    '1 application/json {"b":',
  ]);
  assert.deepEqual(framed('okta', 'x.json', '[{"a":1},]'), ['0 application/json {"a":1}']);
  assert.deepEqual(framed('okta', 'x.json', '[{"a":1} {"b":2}]').length, 2);
});

test('JSON values over several lines, several in a file, and a list on a line', () => {
  const both = ['0 application/json {\n "a": 1\n}', '1 application/json {\n "b": 2\n}'];
  assert.deepEqual(framed('okta', 'x.ndjson', '{\n "a": 1\n}\n{\n "b": 2\n}\n'), both);
  assert.deepEqual(framed('okta', 'x.json', '{\n "a": 1\n},\n{\n "b": 2\n}'), both);
  assert.deepEqual(framed('okta', 'x.ndjson', '[\n{\n "a": 1\n},{\n "b": 2\n}]'), both);
  assert.deepEqual(framed('okta', 'x.ndjson', '{"a":1}\n[{"b":2},{"c":3}]\n{"d":4}'), [
    '0 application/json {"a":1}',
    '1 application/json {"b":2}',
    '2 application/json {"c":3}',
    '3 application/json {"d":4}',
  ]);
});

test('a broken line does not take its neighbours with it', () => {
  assert.deepEqual(framed('okta', 'x.ndjson', '{"a":\n{"b":2}\n').length, 2);
});

test('UTF-16 with a byte order mark, as Windows tools export, and a .gz that is none', () => {
  const text = '{"a":"ü"}\r\n{"b":2}\r\n';
  const little = Buffer.from(`\ufeff${text}`, 'utf16le');
  const expected = ['0 application/json {"a":"ü"}', '1 application/json {"b":2}'];
  assert.deepEqual(framed('m365-audit', 'x.ndjson', little), expected);
  assert.deepEqual(framed('m365-audit', 'x.ndjson', Buffer.from(little).swap16()), expected);
  assert.deepEqual(framed('okta', 'x.ndjson.gz', '{"a":1}'), ['0 application/json {"a":1}']);
});

test('splitting a JSON list gives the texts of its elements', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.integer({ min: 0, max: 2 }), (values, indent) => {
      const bytes = Buffer.from(JSON.stringify(values, null, indent));
      const parts = splitJsonList(bytes)?.map((part) => JSON.parse(Buffer.from(part).toString()) as unknown);
      assert.deepEqual(JSON.stringify(parts), JSON.stringify(values));
    }),
  );
});

test('no bytes under any name make it throw or run for ever', () => {
  const names = fc.constantFrom('a.json', 'a.ndjson', 'a.fstrm', 'a.xml', 'a.gz', 'a');
  fc.assert(
    fc.property(names, fc.uint8Array({ maxLength: 200 }), (name, bytes) => {
      assert.ok(framed('aws-cloudtrail', name, bytes).length <= 201);
    }),
  );
});
