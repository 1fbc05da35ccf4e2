/** The inventory and rules in force, as documents: what the engine's tables were made from, for pages that show them. */
import type { Inventory } from '../contract/inventory.ts';
import type { RuleSet } from '../6-detect/rule-set.ts';
import type { RuleFile } from '../6-detect/sigma-document.ts';

/** Rules in force with the files they came from. */
export interface CurrentRules {
  readonly ruleSet: RuleSet;
  readonly files: readonly RuleFile[];
}

/** Newest documents the host has met. */
export class CurrentDocuments {
  #inventory: Inventory;
  #tenants: readonly string[] = [];
  #rules: CurrentRules;

  constructor(inventory: Inventory, rules: CurrentRules) {
    this.#inventory = inventory;
    this.#rules = rules;
    this.useInventory(inventory);
  }

  /** The inventory as written. */
  get inventory(): Inventory {
    return this.#inventory;
  }

  /** Every tenant the inventory names, sorted. */
  get tenants(): readonly string[] {
    return this.#tenants;
  }

  /** The rules in force. */
  get rules(): CurrentRules {
    return this.#rules;
  }

  /** Takes a new inventory over. */
  useInventory(inventory: Inventory): void {
    this.#inventory = inventory;
    const lists = [inventory.domains, inventory.registrar_accounts, inventory.teams, inventory.principals];
    const named = lists.flatMap((list) => (list ?? []).map(({ tenant }) => tenant));
    this.#tenants = [...new Set([...(inventory.tenants ?? []).map(({ id }) => id), ...named])].sort();
  }

  /** Takes new rules over. */
  useRules(rules: CurrentRules): void {
    this.#rules = rules;
  }
}
