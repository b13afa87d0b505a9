// The codes of a value set are listed as R4 composes it, or not at all.
import type { CodeSystem, ValueSet, ValueSetComposeInclude } from '@medplum/fhirtypes';
import { expandValueSet } from '../../../src/fhir/validation/expand-value-set.ts';

const animals: CodeSystem = {
  resourceType: 'CodeSystem',
  url: 'urn:animals',
  status: 'draft',
  content: 'complete',
  concept: [{ code: 'bird', concept: [{ code: 'crow', concept: [{ code: 'raven' }] }] }, { code: 'fish' }],
};

const valueSet = (include: ValueSetComposeInclude[], exclude?: ValueSetComposeInclude[]): ValueSet => ({
  resourceType: 'ValueSet',
  url: 'urn:set',
  status: 'draft',
  compose: { include, ...(exclude && { exclude }) },
});

const expand = (set: ValueSet, others: Readonly<Record<string, ValueSet>> = {}) =>
  expandValueSet(
    'urn:set',
    (url) => ({ ...others, 'urn:set': set })[url],
    (url) => (url === animals.url ? animals : undefined),
  );

describe('a value set', () => {
  it('lists a whole code system, its inner levels too', () => {
    expect(expand(valueSet([{ system: 'urn:animals' }]))).toEqual({
      'urn:animals': ['bird', 'crow', 'raven', 'fish'],
    });
  });

  it('lists chosen codes of a system that is not at hand, and joins its parts', () => {
    const include = [
      { system: 'urn:other', concept: [{ code: 'a' }] },
      { system: 'urn:other', concept: [{ code: 'b' }] },
    ];
    expect(expand(valueSet(include))).toEqual({ 'urn:other': ['a', 'b'] });
  });

  it('follows is-a and descendent-of', () => {
    const filter = (op: 'is-a' | 'descendent-of') => [{ property: 'concept', op, value: 'crow' }];
    expect(expand(valueSet([{ system: 'urn:animals', filter: filter('is-a') }]))).toEqual({
      'urn:animals': ['crow', 'raven'],
    });
    expect(expand(valueSet([{ system: 'urn:animals', filter: filter('descendent-of') }]))).toEqual({
      'urn:animals': ['raven'],
    });
  });

  it('takes in other value sets and leaves out what is excluded', () => {
    const others = {
      'urn:birds': valueSet([{ system: 'urn:animals', concept: [{ code: 'bird' }, { code: 'crow' }] }]),
    };
    const exclude = [{ system: 'urn:animals', concept: [{ code: 'crow' }] }];
    expect(expand(valueSet([{ valueSet: ['urn:birds'] }], exclude), others)).toEqual({
      'urn:animals': ['bird'],
    });
  });

  it('looks for its parts in the version that it names', () => {
    const others = { 'urn:birds|2': valueSet([{ system: 'urn:animals', concept: [{ code: 'bird' }] }]) };
    expect(expand(valueSet([{ valueSet: ['urn:birds|2'] }]), others)).toEqual({ 'urn:animals': ['bird'] });
    expect(expand(valueSet([{ valueSet: ['urn:birds|1'] }]), others)).toBeUndefined();
    expect(expand(valueSet([{ system: 'urn:animals', version: '3' }]))).toBeUndefined();
  });

  it('is not listed when a part is not at hand or cannot be listed', () => {
    expect(expand(valueSet([{ system: 'urn:unknown' }]))).toBeUndefined();
    expect(expand(valueSet([{ valueSet: ['urn:unknown'] }]))).toBeUndefined();
    const filter = [{ property: 'concept', op: 'regex' as const, value: '.*' }];
    expect(expand(valueSet([{ system: 'urn:animals', filter }]))).toBeUndefined();
    expect(expand(valueSet([{ system: 'urn:animals' }, { system: 'urn:unknown' }]))).toBeUndefined();
  });
});
