// Several rules of one resource type as one: each is asked in turn, and what one stores in the place of a resource the next is asked about.
import type { OperationOutcomeIssue, Resource } from '@medplum/fhirtypes';
import type { WriteRule } from './write-rules.ts';

export function oneRuleOf(...rules: readonly WriteRule[]): WriteRule {
  return {
    isPlain: (context, resource) => rules.every((rule) => rule.isPlain?.(context, resource) === true),

    beforeCreate: (context, resource) => inTurn(resource, (rule, sent) => rule.beforeCreate?.(context, sent)),

    async afterCreate(context, stored) {
      for (const rule of rules) await rule.afterCreate?.(context, stored);
    },

    beforeUpdate: (context, current, next) =>
      inTurn(next, (rule, sent) => rule.beforeUpdate?.(context, current, sent)),

    async afterUpdate(context, current, stored) {
      for (const rule of rules) await rule.afterUpdate?.(context, current, stored);
    },

    async remarks(context, resource) {
      const found: OperationOutcomeIssue[] = [];
      for (const rule of rules) found.push(...((await rule.remarks?.(context, resource)) ?? []));
      return found;
    },

    async beforeDelete(context, current) {
      for (const rule of rules) await rule.beforeDelete?.(context, current);
    },
  };

  async function inTurn(
    resource: Resource,
    ask: (rule: WriteRule, resource: Resource) => ReturnType<NonNullable<WriteRule['beforeCreate']>>,
  ): Promise<Resource | undefined> {
    let stored: Resource | undefined;
    for (const rule of rules) stored = (await ask(rule, stored ?? resource)) ?? stored;
    return stored;
  }
}
