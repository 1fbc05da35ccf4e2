/**
 * Sigma condition grammar, precedence `not` > `and` > `or`:
 * condition = or; or = and {"or" and}; and = unary {"and" unary}; unary = "not" unary | primary;
 * primary = "(" or ")" | ("1" | "all" | "any") "of" ("them" | pattern) | identifier.
 */
import { compilePattern, parsePattern } from './sigma-pattern.ts';

/** Syntax tree of a condition. `of` is a quantifier over detections whose names match a pattern. */
export type Condition =
  | { readonly op: 'and' | 'or'; readonly args: readonly Condition[] }
  | { readonly op: 'not'; readonly arg: Condition }
  | { readonly op: 'ref'; readonly name: string }
  | {
      readonly op: 'of';
      readonly quantifier: '1' | 'all';
      readonly pattern: string;
      readonly anyWord: boolean;
    };

/** Why a condition cannot be read. */
export class ConditionFault extends Error {}

const nestingMax = 200;

/** Parses one condition. Throws ConditionFault with the reason. */
export function parseCondition(text: string): Condition {
  if (text.includes('|'))
    throw new ConditionFault('aggregation after "|" is the old syntax; write a correlation document instead');
  const tokens = text.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  let depth = 0;
  const peek = (): string => (tokens[at] ?? '').toLowerCase();
  const chain = (word: 'or' | 'and', part: () => Condition): Condition => {
    const args = [part()];
    while (peek() === word) {
      at += 1;
      args.push(part());
    }
    const [only] = args;
    return args.length === 1 && only !== undefined ? only : { op: word, args };
  };
  const or = (): Condition => chain('or', and);
  const and = (): Condition => chain('and', unary);
  const unary = (): Condition => {
    if (peek() !== 'not') return primary();
    at += 1;
    depth += 1;
    if (depth > nestingMax) throw new ConditionFault('nested too deeply');
    const arg = unary();
    depth -= 1;
    return { op: 'not', arg };
  };
  const primary = (): Condition => {
    const token = tokens[at];
    if (token === undefined) throw new ConditionFault('the condition ends too early');
    at += 1;
    if (token === '(') {
      depth += 1;
      if (depth > nestingMax) throw new ConditionFault('nested too deeply');
      const inner = or();
      if (tokens[at] !== ')') throw new ConditionFault('a closing bracket is missing');
      at += 1;
      depth -= 1;
      return inner;
    }
    if (peek() === 'of' && /^(1|all|any)$/i.test(token)) return quantified(token.toLowerCase());
    if (/^\d+$/.test(token) && peek() === 'of') throw new ConditionFault('only "1 of" and "all of" exist');
    if (!/^[A-Za-z0-9_-]+$/.test(token) || /^(and|or|not|of)$/i.test(token))
      throw new ConditionFault(`"${token.slice(0, 60)}" cannot stand here`);
    return { op: 'ref', name: token };
  };
  const quantified = (word: string): Condition => {
    at += 1;
    const pattern = tokens[at] ?? '';
    at += 1;
    if (!/^[A-Za-z0-9*_]+$/.test(pattern))
      throw new ConditionFault(`"of ${pattern.slice(0, 60)}" needs "them" or a name pattern without "-"`);
    return { op: 'of', quantifier: word === 'all' ? 'all' : '1', pattern, anyWord: word === 'any' };
  };
  const tree = or();
  if (at < tokens.length) throw new ConditionFault(`"${(tokens[at] ?? '').slice(0, 60)}" cannot stand here`);
  return tree;
}

/** Names a quantifier means: `them` and patterns skip names starting with `_` unless the pattern does too. */
export function namesMeant(pattern: string, names: readonly string[]): string[] {
  const hidden = pattern.startsWith('_');
  const visible = names.filter((name) => hidden || !name.startsWith('_'));
  if (pattern.toLowerCase() === 'them') return visible;
  return visible.filter(compilePattern(parsePattern(pattern), true));
}

/** Every name a condition refers to, quantifiers resolved over `names`. */
export function namesUsed(condition: Condition, names: readonly string[]): Set<string> {
  if (condition.op === 'ref') return new Set([condition.name]);
  if (condition.op === 'of') return new Set(namesMeant(condition.pattern, names));
  const parts = condition.op === 'not' ? [condition.arg] : condition.args;
  return new Set(parts.flatMap((part) => [...namesUsed(part, names)]));
}
