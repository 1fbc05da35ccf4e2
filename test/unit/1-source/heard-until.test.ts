import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeardUntil } from '../../../collector/src/1-source/heard-until.ts';

test('what is read at once was said just now', () => {
  const heard = new HeardUntil(100);
  assert.equal(heard.untilMs, 100);
  heard.read(150);
  assert.equal(heard.untilMs, 150);
  heard.read(140);
  assert.equal(heard.untilMs, 150);
});

test('after the sender was held only the answer to a later ping proves anything', () => {
  const heard = new HeardUntil(100);
  heard.held(200);
  heard.read(900);
  assert.equal(heard.untilMs, 100, 'read late, said who knows when');
  heard.answered(190);
  assert.equal(heard.untilMs, 190, 'asked before the hold');
  heard.read(950);
  assert.equal(heard.untilMs, 190);
  heard.answered(960);
  assert.equal(heard.untilMs, 960);
  heard.read(970);
  assert.equal(heard.untilMs, 970);
});

test('a second hold before the answer keeps the doubt, and the answer still counts up to its ping', () => {
  const heard = new HeardUntil(0);
  heard.held(10);
  heard.held(30);
  heard.answered(20);
  heard.read(40);
  assert.equal(heard.untilMs, 20);
});
