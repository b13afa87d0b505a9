// Our content has no faults, and the check that says so finds the faults that it is there for: one file is changed in memory at a time.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Resource } from '@medplum/fhirtypes';
import { type ContentFile, type Finding, readContentFiles } from '../../scripts/content/content-file.ts';
import { contentFindings, validityFindings } from '../../scripts/content/content-findings.ts';
import { referenceFindings } from '../../scripts/content/reference-findings.ts';
import { scoreFindings } from '../../scripts/content/score-findings.ts';
import { sourceFindings } from '../../scripts/content/source-findings.ts';
import { catalogueOf } from '../../src/content/load-catalogue.ts';

it('the content that we publish, show and test with has no faults', async () => {
  const { files, findings } = await contentFindings('fhir-profiles');
  expect(findings).toEqual([]);
  expect(files).toBeGreaterThan(500);
});

describe('the check of content', () => {
  const base = join('fhir-profiles', 'base');
  const whole = readContentFiles('fhir-profiles').files;

  /** The content with a text replaced in one file, the first occurrence only; and that file. */
  function changed(
    name: string,
    from: string | RegExp,
    to: string,
    files = whole,
  ): { readonly all: readonly ContentFile[]; readonly one: ContentFile } {
    const before = files.find(({ file }) => file === name);
    if (!before) throw new Error(`no ${name}`);
    const text = JSON.stringify(before.resource);
    const after = text.replace(from, to);
    if (after === text) throw new Error(`${name} does not hold ${String(from)}`);
    const one = { ...before, resource: JSON.parse(after) as Resource };
    return { all: files.map((each) => (each === before ? one : each)), one };
  }
  const told = (findings: readonly Finding[]) => findings.map(({ file, fault }) => `${file}: ${fault}`);
  const published = (files: readonly ContentFile[]) =>
    files.filter(({ folder }) => folder !== 'examples' && folder !== 'demo').map(({ resource }) => resource);
  const scoreFaults = ({ all }: { readonly all: readonly ContentFile[] }) =>
    told(scoreFindings(all, catalogueOf(published(all), base)));

  const phq15 = 'questionnaires/Questionnaire-phq-15.json';
  const total = 'observations/ObservationDefinition-phq-15-total.json';

  it('finds a file that is no JSON, and one that has another name than what it holds', () => {
    const directory = mkdtempSync(join(tmpdir(), 'content-'));
    mkdirSync(join(directory, 'plans'));
    writeFileSync(join(directory, 'plans', 'PlanDefinition-odd.json'), '{');
    writeFileSync(
      join(directory, 'plans', 'PlanDefinition-even.json'),
      JSON.stringify({ resourceType: 'PlanDefinition', id: 'other', status: 'draft' }),
    );
    const findings = told(readContentFiles(directory).findings).toSorted();
    rmSync(directory, { recursive: true });
    expect(findings).toEqual([
      'plans/PlanDefinition-even.json: is to be named PlanDefinition-other.json',
      expect.stringMatching(/^plans\/PlanDefinition-odd\.json: is not JSON: /),
    ]);
  });

  it('finds what is not valid R4', () => {
    const { all, one } = changed(phq15, '"status":"active"', '"status":"nope"');
    expect(told(validityFindings([one], all, base))).toEqual([
      expect.stringMatching(/^questionnaires\/Questionnaire-phq-15\.json: Questionnaire\.status: /),
    ]);
  });

  it('finds an example that does not keep to the profile that it claims', () => {
    const { all, one } = changed(
      'examples/Task-example-referral-declined.json',
      /"statusReason":\{[^}]*\},/,
      '',
    );
    expect(told(validityFindings([one], all, base))).toHaveLength(1);
  });

  it('finds a canonical of ours that is no file', () => {
    const { all } = changed(
      'examples/QuestionnaireResponse-phq-15-complete.json',
      'phq-15|1.0.0',
      'phq-15|1.0.1',
    );
    expect(told(referenceFindings(all))).toEqual([
      'examples/QuestionnaireResponse-phq-15-complete.json: QuestionnaireResponse.questionnaire: https://w3id.org/alongside/fhir/Questionnaire/phq-15|1.0.1 is no file here',
    ]);
  });

  it('finds a code that our code system does not have, and a display that is another', () => {
    const place = `${total}: ObservationDefinition.qualifiedInterval[2].context.coding[0]`;
    const unknown = changed(total, '"code":"phq-15-low"', '"code":"phq-15-lowish"');
    expect(told(referenceFindings(unknown.all))).toEqual([
      `${place}: https://w3id.org/alongside/fhir/CodeSystem/score-band has no code phq-15-lowish`,
    ]);
    const other = changed(total, '"code":"phq-15-low"', '"code":"phq-15-medium"');
    expect(told(referenceFindings(other.all))).toEqual([`${place}: phq-15-medium is displayed as "medium"`]);
  });

  it('finds FHIRPath that cannot be understood, or that reads the wall clock', () => {
    const plan = 'plans/PlanDefinition-psychosomatic-therapy.json';
    const rule = '"expression":"%openRedFlags.empty()"';
    const malformed = told(referenceFindings(changed(plan, rule, '"expression":"%phq15.where("').all));
    expect(malformed).toHaveLength(1);
    expect(malformed[0]).toMatch(/^plans\/.*condition\[\d\]\.expression: FHIRPath is not understood: /);
    const clock = told(referenceFindings(changed(plan, rule, '"expression":"today() > @2026-01-01"').all));
    expect(clock).toEqual([expect.stringContaining('today() reads the wall clock; use %today')]);
  });

  it('finds an option of a scored question without a weight', () => {
    const weight = '"url":"http://hl7.org/fhir/StructureDefinition/ordinalValue","valueDecimal":1';
    expect(
      scoreFaults(changed(phq15, weight, '"url":"http://elsewhere.example/weight","valueDecimal":1')),
    ).toEqual([`${phq15}: option LA18335-2 of phq-phq1a has no weight`]);
  });

  it('finds a hole and an overlap between bands, and a range that they do not reach', () => {
    const low = /("value":5,.{1,99}"high":\{"value":)9/;
    expect(scoreFaults(changed(total, low, '$18'))).toEqual([
      `${total}: band phq-15-medium begins at 10, not at 9`,
    ]);
    expect(scoreFaults(changed(total, low, '$110'))).toEqual([
      `${total}: band phq-15-medium begins at 10, not at 11`,
    ]);
    expect(scoreFaults(changed(total, '"high":{"value":30', '"high":{"value":31'))).toEqual([
      `${total}: the bands end at 30, the range at 31`,
    ]);
  });

  it('finds a score that does not say which way is better, in which range, or from where a change counts', () => {
    expect(scoreFaults(changed(total, '/score-direction"', '/x"'))).toEqual([
      `${total}: has no score-direction`,
    ]);
    expect(scoreFaults(changed(total, '/change-rule"', '/x"'))).toEqual([`${total}: has no change-rule`]);
    expect(scoreFaults(changed(total, '"category":"absolute"', '"category":"critical"'))).toEqual([
      `${total}: has not one absolute interval: the possible range`,
    ]);
    expect(scoreFaults(changed(total, '"unit":{"coding"', '"customaryUnit":{"coding"'))).toEqual([
      `${total}: has no unit`,
    ]);
  });

  it('finds a number without a source', () => {
    const high = /"url":"[^"]*\/citation"(?=(?:(?!\/citation").)*"phq-15-high")/;
    const { all } = changed(total, high, '"url":"http://elsewhere.example/note"');
    expect(scoreFaults({ all })).toEqual([`${total}: interval high has no citation`]);
    expect(told(sourceFindings(all))).toEqual([
      `${total}: ObservationDefinition.qualifiedInterval[4].range.low.value has no source`,
      `${total}: ObservationDefinition.qualifiedInterval[4].range.high.value has no source`,
    ]);
  });

  it('finds a score that sums a question which is not there', () => {
    expect(scoreFaults(changed(total, '"phq-phq1a"', '"phq-phq9a"'))).toEqual([
      `${phq15}: Questionnaire/phq-15 has no item phq-phq9a to score`,
    ]);
  });

  it('finds an example whose answers do not fit', () => {
    const file = 'examples/QuestionnaireResponse-phq-15-complete.json';
    expect(scoreFaults(changed(file, '"phq-phq1a"', '"phq-phq9a"'))).toEqual([
      `${file}: QuestionnaireResponse.item[0].linkId: The questionnaire has no item with linkId "phq-phq9a"`,
    ]);
  });
});
