/** Secrets planted as canaries: their texts by name, and the environment that gives them to a collector. */
import { Canaries } from './canary-search.ts';

/** How a configuration names a secret. */
export interface Reference {
  readonly env: string;
}

/** Plants secrets and remembers them. */
export class Planter {
  readonly canaries = new Canaries();
  readonly env: Record<string, string> = {};
  readonly #texts = new Map<string, string>();

  /** Text of a secret; planted when it was not yet. */
  textOf(name: string): string {
    const known = this.#texts.get(name);
    if (known !== undefined) return known;
    const text = this.canaries.plant(name);
    this.#texts.set(name, text);
    return text;
  }

  /** Reference to a secret; `formed` gives it the form its place asks for. */
  secret(name: string, formed: (text: string) => string = (text) => text): Reference {
    const text = this.canaries.add(name, formed(this.textOf(name)));
    this.#texts.set(name, text);
    const variable = `CANARY_${name.replace(/\W/g, '_').toUpperCase()}`;
    this.env[variable] = text;
    return { env: variable };
  }

  /** The same as the value of an Authorization header. */
  bearer(name: string): Reference {
    return this.secret(name, (text) => `Bearer ${text}`);
  }
}
