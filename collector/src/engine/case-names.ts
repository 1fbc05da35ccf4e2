/**
 * Names of cases. A straggler can make another finding the first of a case and so change its key; people, tickets and
 * pages keep the id they were given. One public id is one case at any time, and a case speaks under one public id.
 */
import type { Published } from './statement.ts';

/** Public ids of the cases of an engine; most cases go by the engine's own. */
export class CaseNames {
  /** By the engine's id, where the public one differs. */
  readonly #publicIds = new Map<string, string>();
  /** By public id: the case that speaks under it, where that is not the one the engine calls so. */
  readonly #speakers = new Map<string, string>();
  readonly #isTaken: (publicId: string) => boolean;

  /** `isTaken`: something stands under a public id. */
  constructor(isTaken: (publicId: string) => boolean) {
    this.#isTaken = isTaken;
  }

  /** True while every case goes by the engine's own id. */
  get isPlain(): boolean {
    return this.#publicIds.size === 0;
  }

  /** Public id of a case of the engine. */
  publicId(caseId: string): string {
    return this.#publicIds.get(caseId) ?? caseId;
  }

  /** True when a case speaks under its public id, and nobody else has taken that. */
  speaks(caseId: string): boolean {
    return this.#speaker(this.publicId(caseId)) === caseId;
  }

  #speaker(publicId: string): string {
    return this.#speakers.get(publicId) ?? publicId;
  }

  /** Names the engine may know a public case by, the likeliest first. */
  engineIds(publicId: string): string[] {
    const speaker = this.#speaker(publicId);
    const isOther = speaker !== publicId && !this.#publicIds.has(publicId);
    return isOther ? [speaker, publicId] : [speaker];
  }

  /** Lets a case speak under a public id; whoever did before does so no more. */
  give(caseId: string, publicId: string): void {
    const before = this.#speaker(publicId);
    if (this.#publicIds.get(before) === publicId) this.#publicIds.delete(before);
    if (caseId === publicId) {
      this.#speakers.delete(publicId);
      this.#publicIds.delete(caseId);
      return;
    }
    this.#speakers.set(publicId, caseId);
    this.#publicIds.set(caseId, publicId);
  }

  /**
   * Gives a case the engine's own id, or when another case is known by that, the own id of that one, and so on: as many
   * ids as cases, none twice.
   */
  giveFree(caseId: string): void {
    let publicId = caseId;
    while (this.#isTaken(publicId) && this.#speaker(publicId) !== publicId)
      publicId = this.#speaker(publicId);
    this.give(caseId, publicId);
  }

  /** A statement under public ids. */
  renamed(statement: Published): Published {
    if (this.isPlain) return statement;
    if (statement.kind === 'case') {
      const { case_id: caseId, merged_into: mergedInto } = statement.case;
      const publicId = this.publicId(caseId);
      if (publicId === caseId && (mergedInto === null || this.publicId(mergedInto) === mergedInto))
        return statement;
      return {
        kind: 'case',
        case: {
          ...statement.case,
          case_id: publicId,
          merged_into: mergedInto === null ? null : this.publicId(mergedInto),
        },
      };
    }
    const { case_id: caseId } = statement.finding;
    if (caseId === null || this.publicId(caseId) === caseId) return statement;
    return { kind: 'finding', finding: { ...statement.finding, case_id: this.publicId(caseId) } };
  }

  /** Nobody will speak under a public id any more. */
  forget(publicId: string): void {
    const caseId = this.#speaker(publicId);
    if (this.#publicIds.get(caseId) === publicId) this.#publicIds.delete(caseId);
    this.#speakers.delete(publicId);
  }

  /** Public ids that differ, for checkpoints. */
  pairs(): (readonly [caseId: string, publicId: string])[] {
    return [...this.#publicIds];
  }
}
