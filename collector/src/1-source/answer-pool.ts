/**
 * What a probe knows about answers that differ from look to look by design: round robin over a part of a set, weighted or geo
 * answers. The members seen so far are a pool; choices out of it are no news, and it is learnt quietly at the beginning.
 */

/** Members seen beside the confirmed value. Plain data, stored with the belief. */
export interface AnswerPool {
  readonly members: readonly string[];
  /** Looks in a row without a new member. */
  readonly quietLooks: number;
  readonly looks: number;
}

/** A pool this large belongs to a name whose addresses do not repeat (a content network): members say little. */
const membersMax = 64;
/** A pool is learnt when this many looks in a row brought nothing new. */
const quietLooksNeeded = 16;
/** From so many members on a repeated one is likelier chance than news. */
const manyMembers = 4;
/** Learning ends in any case: whoever adds a member to a rotation for ever would never be told. */
const learningLooksMax = 200;

/** A sorted union without repetition. */
export function union(...sets: readonly (readonly string[])[]): readonly string[] {
  return [...new Set(sets.flat())].sort();
}

/** A pool with these members; undefined when there are none. `fixed`: servers differ, but none was seen to rotate: nothing to learn. */
export function poolOf(members: readonly string[], fixed = false): AnswerPool | undefined {
  if (members.length === 0) return undefined;
  const quietLooks = fixed ? quietLooksNeeded : 0;
  return { members: union(members).slice(0, membersMax), quietLooks, looks: 0 };
}

/** The pool with more members; new ones begin its learning anew within the bound. */
export function withMembers(
  pool: AnswerPool | undefined,
  members: readonly string[],
): AnswerPool | undefined {
  if (pool === undefined) return poolOf(members);
  const all = union(pool.members, members).slice(0, membersMax);
  return all.length === pool.members.length ? pool : { ...pool, members: all, quietLooks: 0 };
}

/** One look later. `quiet`: it brought no member that was not known. News begin the learning anew, and never undo it once it is over. */
export function lookedAt(pool: AnswerPool, quiet: boolean): AnswerPool {
  const kept = isLearning(pool) ? 0 : pool.quietLooks;
  return { ...pool, looks: pool.looks + 1, quietLooks: quiet ? pool.quietLooks + 1 : kept };
}

/** True while new members beside known ones are taken in without a word. */
export function isLearning(pool: AnswerPool): boolean {
  return pool.quietLooks < quietLooksNeeded && pool.looks < learningLooksMax;
}

/**
 * How often in a row a value from outside must be seen by itself. Twice; while many members are being learnt chance repeats one of
 * them twice, seldom three times.
 */
export function sightingsNeeded(pool: AnswerPool | undefined, learningElsewhere: boolean): number {
  if (isWide(pool)) return 4;
  if (learningElsewhere) return 3;
  return pool !== undefined && isLearning(pool) && pool.members.length >= manyMembers ? 3 : 2;
}

/** True when the pool is too large to know its members. */
export function isWide(pool: AnswerPool | undefined): boolean {
  return pool !== undefined && pool.members.length >= membersMax;
}
