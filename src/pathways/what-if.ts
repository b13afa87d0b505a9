// "What would this plan be if ...?": data that stand in for, or are added to, what is on record, and actions that the person declines.
// Nothing of it is stored; every result of such a question says so.
import type { Coding, Observation, Resource } from '@medplum/fhirtypes';
import { type Moment, meets } from '../fhir/data-requirement.ts';
import type { CompiledPlan } from './compiled-plan.ts';
import type { PlanInput } from './plan-input.ts';

export interface WhatIf {
  /** Taken for true in this question. What has the type and id of something on record stands in for it. */
  readonly data: readonly Resource[];
  /** Ids, paths or codes of actions that are left out, with everything below them. */
  readonly declined: readonly string[];
}

/** On every resource of a counterfactual result, so that none of them is taken for a proposal about the person as they are. */
export const counterfactualTag: Coding = {
  system: 'https://w3id.org/alongside/fhir/CodeSystem/result-kind',
  code: 'counterfactual',
  display: 'Answer to a what-if question',
};

/** What a question is about, in words without any clinical content: types and ids only. */
export function whatIfWords({ data, declined }: WhatIf): readonly string[] {
  return [
    ...data.map(({ resourceType, id }) => `assumed: ${resourceType}${id ? `/${id}` : ''}`),
    ...declined.map((name) => `declined: ${name}`),
  ];
}

/** The same for the same question: part of what the ids of its answer hang on. Empty for a question about what is so. */
export function whatIfKey(whatIf: WhatIf | undefined): string {
  return whatIf ? ` what-if ${JSON.stringify([whatIf.data, whatIf.declined])}` : '';
}

/** The assumed data that no input of the plan asks for, in words: they change nothing, which may not be what was meant. */
export function unusedData(plan: CompiledPlan, { data }: WhatIf, present: Moment): readonly string[] {
  const needs = [...plan.inputs.values()];
  return data.flatMap((resource, index) => {
    const isAsked =
      resource.resourceType === 'Patient' ||
      needs.some(({ requirement }) => !isWrong(resource) && meets(resource, requirement, present));
    return isAsked ? [] : [`the ${resource.resourceType} given as data[${index}]`];
  });
}

/** An Observation that does not say when it was made is one of now. */
export function datedNow(resource: Resource, now: Date): Resource {
  return resource.resourceType === 'Observation' && startOf(resource) === undefined
    ? { ...resource, effectiveDateTime: now.toISOString() }
    : resource;
}

/** The assumed data that answer a need: before what is on record, newest first where the need asks for an order. */
export function assumedFor(
  { requirement }: PlanInput,
  assumed: readonly Resource[],
  present: Moment,
): readonly Resource[] {
  const found = assumed.filter((resource) => !isWrong(resource) && meets(resource, requirement, present));
  const ordered = requirement.sort ? found.toSorted((a, b) => instantOf(b) - instantOf(a)) : found;
  return ordered.slice(0, requirement.limit ?? ordered.length);
}

const isWrong = (resource: Resource): boolean =>
  'status' in resource && resource.status === 'entered-in-error';

const instantOf = (resource: Resource): number =>
  resource.resourceType === 'Observation' ? Date.parse(startOf(resource) ?? '') || 0 : 0;

const startOf = ({ effectiveDateTime, effectiveInstant, effectivePeriod, effectiveTiming }: Observation) =>
  effectiveDateTime ??
  effectiveInstant ??
  effectivePeriod?.start ??
  effectivePeriod?.end ??
  effectiveTiming?.event?.[0];
