// What the published plans offer. That each can be compiled, and that each condition is met for one example and not for another, is
// found out by the check of content (scripts/content/condition-findings.ts).
import type { ActivityDefinition } from '@medplum/fhirtypes';
import { catalogue, fhir, planCalled } from './plan-world.ts';

const activities = catalogue
  .published()
  .filter((resource): resource is ActivityDefinition => resource.resourceType === 'ActivityDefinition');

const elementsOf = ({ topic = [] }: ActivityDefinition) =>
  topic.flatMap(({ coding = [] }) =>
    coding.flatMap(({ system, code }) => (system === `${fhir}/CodeSystem/pss-element` ? (code ?? []) : [])),
  );

describe('the library of elements', () => {
  it.each(['education', 'body-oriented', 'cbt', 'activation'])('holds at least six for %s', (element) => {
    expect(activities.filter((each) => elementsOf(each).includes(element)).length).toBeGreaterThanOrEqual(6);
  });

  it('is offered whole by the course', () => {
    const course = JSON.stringify(planCalled('psychosomatic-therapy'));
    const left = activities
      .filter((each) => elementsOf(each).length > 0)
      .filter(({ url, version }) => !course.includes(`"${url}|${version}"`));
    expect(left.map(({ id }) => id)).toEqual([]);
  });
});

it.each(['graded-activity', 'gentle-movement'])(
  'the course asks about post-exertional malaise before it offers %s',
  (id) => {
    interface Offered {
      readonly definitionCanonical?: string;
      readonly condition?: readonly { readonly expression?: { readonly expression?: string } }[];
      readonly action?: readonly Offered[];
    }
    const flat = (actions: readonly Offered[] | undefined): readonly Offered[] =>
      (actions ?? []).flatMap((each) => [each, ...flat(each.action)]);
    const offers = flat(planCalled('psychosomatic-therapy').action).filter(
      ({ definitionCanonical }) => definitionCanonical === `${fhir}/ActivityDefinition/${id}|1.0.0`,
    );
    expect(offers).toHaveLength(1);
    expect(offers[0]?.condition?.map(({ expression }) => expression?.expression)).toEqual([
      '%postExertionalMalaise.value.ofType(boolean) = false',
    ]);
  },
);
