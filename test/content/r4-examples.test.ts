// HL7's own R4 examples, and Synthea's invented records, must go in and come out as they were.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Bundle, OperationOutcomeIssue, Resource } from '@medplum/fhirtypes';
import { parseJson, toJson } from '../../src/fhir/json.ts';
import { error, validatorOnBase } from '../unit/validation/validator-on-base.ts';

const data = new URL('../../../shared/data/', import.meta.url);
const examples = new URL('r4-examples/', data);
const synthea = new URL('synthea/', data);
const validator = validatorOnBase();

const errorsOf = (resource: Resource): readonly OperationOutcomeIssue[] =>
  validator.validate(resource).filter((issue) => issue.severity !== 'information');

function filesIn(folder: URL): readonly string[] {
  if (existsSync(folder)) return readdirSync(folder).filter((name) => name.endsWith('.json'));
  process.stdout.write(
    `skipped: there is no ${folder.pathname.split('/').slice(-3).join('/')} beside this checkout\n`,
  );
  return [];
}

/** The text without white space between tokens and with each string escaped as JSON.stringify escapes it; numbers untouched. */
const compact = (text: string): string =>
  text.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, (_, string: string | undefined) =>
    string === undefined ? '' : JSON.stringify(JSON.parse(string)),
  );

/** Published examples that are not valid R4, and why. */
const refused: Readonly<Record<string, (issues: readonly OperationOutcomeIssue[]) => void>> = {
  // Questionnaire.item.linkId is 1..1; none of the display items of this generated questionnaire has one.
  'Questionnaire-qs1.json': (issues) => {
    expect(issues.length).toBeGreaterThan(10);
    for (const issue of issues) {
      expect(issue.diagnostics).toBe('Missing required property');
      expect(issue.expression?.[0]).toMatch(/^Questionnaire(\.item\[\d+\])+\.linkId$/);
    }
  },
  // txt-2: the narrative SHALL have some non-whitespace content; this one is an empty <pre>.
  'Questionnaire-zika-virus-exposure-assessment.json': (issues) => {
    expect(issues).toEqual([
      error(
        'invariant',
        'Questionnaire.text.div',
        'txt-2: The narrative SHALL have some non-whitespace content',
      ),
    ]);
  },
};

describe("HL7's R4 examples", () => {
  it('are valid, except those listed here with the reason', () => {
    for (const name of filesIn(examples)) {
      const issues = errorsOf(parseJson(readFileSync(new URL(name, examples))) as Resource);
      const check = refused[name];
      if (check) check(issues);
      else expect([name, issues]).toEqual([name, []]);
    }
  });

  it('come out of the reader and writer with each number as it was written', () => {
    for (const name of filesIn(examples)) {
      const text = readFileSync(new URL(name, examples), 'utf8');
      expect([name, toJson(parseJson(text))]).toEqual([name, compact(text)]);
    }
  });
});

describe('the records of Synthea', () => {
  it.each(filesIn(synthea).length > 0 ? filesIn(synthea) : ['none at hand'])(
    'are valid, whatever profiles they claim: %s',
    (name) => {
      const file = new URL(name, synthea);
      if (!existsSync(file)) return;
      const bundle = parseJson(readFileSync(file)) as Bundle;
      expect(errorsOf(bundle)).toEqual([]);
      for (const entry of bundle.entry ?? []) {
        if (entry.resource) expect(errorsOf(entry.resource)).toEqual([]);
      }
    },
  );
});
