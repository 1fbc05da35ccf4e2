/** Readings of a delegation by one or more vantages, as the attributes that are believed and reported. */
import { oneReading, type Attribute } from '../probe-document.ts';
import type { Reading } from '../probe-state.ts';
import type { DelegationReading } from './delegation-reading.ts';

function unknown(vantage: string): Reading {
  return { vantage, outcome: 'unknown', value: [] };
}

function told(vantage: string, value: readonly string[]): Reading {
  return { vantage, outcome: value.length > 0 ? 'answer' : 'absent', value: [...value].sort() };
}

/** `-name` only at the parent, `+name` only in the zone; empty: both sides agree. */
function mismatch(vantage: string, look: DelegationReading): Reading {
  const parent = oneReading(
    vantage,
    look.parents.map((view) => view.ns),
  );
  const child = oneReading(
    vantage,
    look.children.map((view) => view.ns),
  );
  if (parent.outcome !== 'answer' || child.outcome !== 'answer') return unknown(vantage);
  return told(vantage, [
    ...parent.value.filter((name) => !child.value.includes(name)).map((name) => `-${name}`),
    ...child.value.filter((name) => !parent.value.includes(name)).map((name) => `+${name}`),
  ]);
}

/** Servers that answer without authority. A server nobody could reach makes the whole reading unknown: it may only be away. */
function lameServers(vantage: string, look: DelegationReading): Reading {
  if (look.children.length === 0 || look.children.some((view) => view.lame === undefined))
    return unknown(vantage);
  return told(
    vantage,
    look.children.filter((view) => view.lame === true).map((view) => view.server),
  );
}

/** Attributes of one round. Each vantage counts once, however many servers of the parent it asked. */
export function delegationAttributes(
  looks: readonly { vantage: string; look: DelegationReading }[],
): Attribute[] {
  const fromParents = (pick: (view: DelegationReading['parents'][number]) => Reading): Reading[] =>
    looks.map(({ vantage, look }) => oneReading(vantage, look.parents.map(pick)));
  const [firstLook] = looks;
  const details = {
    parent: firstLook?.look.parent ?? null,
    parents: (firstLook?.look.parents ?? []).map((view) => view.address),
    serials: Object.fromEntries(
      (firstLook?.look.children ?? []).flatMap((view) =>
        view.serial === undefined ? [] : [[view.server, view.serial]],
      ),
    ),
    listed:
      firstLook === undefined
        ? []
        : oneReading(
            '',
            firstLook.look.parents.map((view) => view.ns),
          ).value,
  };
  const attribute = (key: string, readings: Reading[]): Attribute => ({
    key,
    what: key,
    readings,
    rotates: false,
    details,
  });
  return [
    attribute(
      'nameservers',
      fromParents((view) => view.ns),
    ),
    attribute(
      'ds',
      fromParents((view) => view.ds),
    ),
    attribute(
      'glue',
      fromParents((view) => view.glue),
    ),
    attribute(
      'parent_child',
      looks.map(({ vantage, look }) => mismatch(vantage, look)),
    ),
    attribute(
      'lame_servers',
      looks.map(({ vantage, look }) => lameServers(vantage, look)),
    ),
  ];
}
