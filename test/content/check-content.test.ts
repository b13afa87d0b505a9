// Our content has no faults, and the check that says so finds the faults that it is there for.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contentFindings } from '../../scripts/content/content-findings.ts';

it('the content that we publish, show and test with has no faults', () => {
  const { files, findings } = contentFindings('fhir-profiles');
  expect(findings).toEqual([]);
  expect(files).toBeGreaterThan(0);
});

describe('the check of content', () => {
  let directory: string;
  const base = join('fhir-profiles', 'base');
  const already = new Set(contentFindings('fhir-profiles').findings.map(({ fault }) => fault));
  const newFindings = () =>
    contentFindings(directory, base).findings.filter(({ fault }) => !already.has(fault));

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'content-'));
    cpSync('fhir-profiles', directory, { recursive: true, filter: (path) => path !== base });
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  /** The findings after replacing a text in a file, the first occurrence only. */
  function findingsAfter(file: string, from: string | RegExp, to: string): readonly string[] {
    const path = join(directory, file);
    const text = readFileSync(path, 'utf8');
    const changed = text.replace(from, to);
    expect(changed).not.toBe(text);
    writeFileSync(path, changed);
    return newFindings().map((finding) => `${finding.file}: ${finding.fault}`);
  }

  const phq15 = 'questionnaires/Questionnaire-phq-15.json';
  const total = 'observations/ObservationDefinition-phq-15-total.json';

  it('finds a file that is no JSON or has another name than what it holds', () => {
    const findings = findingsAfter('terminology/CodeSystem-verdict.json', '"verdict"', '"verdicts"');
    expect(findings).toHaveLength(2);
    expect(findings[0]).toMatch(/^: Content file .* must be named/);
    expect(findings[1]).toBe('terminology/CodeSystem-verdict.json: is to be named CodeSystem-verdicts.json');
  });

  it('finds what is not valid R4', () => {
    expect(findingsAfter(phq15, '"status": "active"', '"status": "nope"')).toEqual([
      expect.stringMatching(/^questionnaires\/Questionnaire-phq-15\.json: Questionnaire\.status: /),
    ]);
  });

  it('finds a canonical of ours that is no file', () => {
    expect(
      findingsAfter('examples/QuestionnaireResponse-phq-15-complete.json', 'phq-15|1.0.0', 'phq-15|1.0.1'),
    ).toEqual(
      expect.arrayContaining([
        'examples/QuestionnaireResponse-phq-15-complete.json: QuestionnaireResponse.questionnaire: https://w3id.org/alongside/fhir/Questionnaire/phq-15|1.0.1 is no file here',
      ]),
    );
  });

  it('finds a code that our code system does not have, and a display that is another', () => {
    expect(findingsAfter(total, '"phq-15-low"', '"phq-15-lowish"')).toEqual([
      `${total}: ObservationDefinition.qualifiedInterval[2].context.coding[0]: https://w3id.org/alongside/fhir/CodeSystem/score-band has no code phq-15-lowish`,
    ]);
    expect(findingsAfter(total, '"phq-15-lowish"', '"phq-15-medium"')).toEqual([
      `${total}: ObservationDefinition.qualifiedInterval[2].context.coding[0]: phq-15-medium is displayed as "medium"`,
    ]);
  });

  it('finds an option of a scored question without a weight', () => {
    const weight = /"url": "http:\/\/hl7.org\/fhir\/StructureDefinition\/ordinalValue",\s*"valueDecimal": 1/;
    expect(
      findingsAfter(phq15, weight, '"url": "http://elsewhere.example/weight", "valueDecimal": 1'),
    ).toEqual([`${phq15}: option LA18335-2 of phq-phq1a has no weight`]);
  });

  it('finds a hole and an overlap between bands', () => {
    expect(findingsAfter(total, '"value": 9', '"value": 8')).toEqual([
      `${total}: band phq-15-medium begins at 10, not at 9`,
    ]);
    expect(findingsAfter(total, '"value": 8', '"value": 10')).toEqual([
      `${total}: band phq-15-medium begins at 10, not at 11`,
    ]);
  });

  it('finds a range that the bands do not reach', () => {
    expect(findingsAfter(total, '"value": 30', '"value": 31')).toEqual([
      `${total}: the bands end at 30, the range at 31`,
    ]);
  });

  it('finds a number without a source', () => {
    const citation = '"https://w3id.org/alongside/fhir/StructureDefinition/citation"';
    const path = join(directory, total);
    const text = readFileSync(path, 'utf8');
    // The last interval is the last element of the file, and its citation the last extension.
    const at = text.lastIndexOf(citation);
    writeFileSync(
      path,
      `${text.slice(0, at)}"http://elsewhere.example/note"${text.slice(at + citation.length)}`,
    );
    expect(newFindings()).toEqual([{ file: total, fault: 'interval high has no citation' }]);
  });

  it('finds a score that sums a question which is not there', () => {
    expect(findingsAfter(total, '"phq-phq1a"', '"phq-phq9a"')).toEqual([
      `${phq15}: Questionnaire/phq-15 has no item phq-phq9a to score`,
    ]);
  });

  it('finds an example whose answers do not fit', () => {
    const file = 'examples/QuestionnaireResponse-phq-15-complete.json';
    expect(findingsAfter(file, '"phq-phq1a"', '"phq-phq9a"')).toEqual([
      `${file}: QuestionnaireResponse.item[0].linkId: The questionnaire has no item with linkId "phq-phq9a"`,
    ]);
  });

  it('finds FHIRPath that cannot be understood', () => {
    const plan = {
      resourceType: 'PlanDefinition',
      id: 'odd',
      status: 'draft',
      action: [
        {
          condition: [
            { kind: 'applicability', expression: { language: 'text/fhirpath', expression: '%phq15.where(' } },
          ],
        },
      ],
    };
    writeFileSync(join(directory, 'demo', 'PlanDefinition-odd.json'), JSON.stringify(plan));
    const findings = newFindings();
    expect(findings).toHaveLength(1);
    expect(findings[0]?.file).toBe('demo/PlanDefinition-odd.json');
    expect(findings[0]?.fault).toContain(
      'PlanDefinition.action[0].condition[0].expression: FHIRPath is not understood',
    );
  });
});
