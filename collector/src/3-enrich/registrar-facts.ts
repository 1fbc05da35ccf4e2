/** The registrar of an event under one word for all feeds; what the source called it stays in `enrich.registrar.given`. */
import type { CanonicalEvent, EventValue } from '../contract/event.ts';
import { canonicalRegistrar } from '../leaf/registrar-name.ts';

/** The event with `registrar`, and values of the attribute `registrar`, in the common form; itself when they are already. */
export function withRegistrar(event: CanonicalEvent): CanonicalEvent {
  const given = event.registrar;
  const registrar = given === undefined ? undefined : canonicalRegistrar(given);
  const isAbout = event.attribute === 'registrar';
  const before = isAbout ? canonicalValue(event.old_value) : event.old_value;
  const after = isAbout ? canonicalValue(event.new_value) : event.new_value;
  if (registrar === given && before === event.old_value && after === event.new_value) return event;
  return {
    ...event,
    ...(registrar === undefined ? {} : { registrar }),
    ...(before === undefined ? {} : { old_value: before }),
    ...(after === undefined ? {} : { new_value: after }),
    ...(registrar === given || given === undefined
      ? {}
      : { enrich: { ...event.enrich, registrar: { given, source: 'registrars' } } }),
  };
}

function canonicalValue(value: EventValue | undefined): EventValue | undefined {
  return typeof value === 'string' ? canonicalRegistrar(value) : value;
}
