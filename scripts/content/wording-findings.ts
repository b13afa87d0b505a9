// Our own texts keep to the wording rules that we hold letters and notes to (fhir-profiles/wording): nobody is told that nothing is wrong.
import type { CodeSystem, CodeSystemConcept } from '@medplum/fhirtypes';
import type { ContentFile, Finding } from './content-file.ts';
import { textsOf } from './read-texts.ts';
import { publishedWords } from './translation-findings.ts';

interface Rule {
  readonly code: string;
  readonly level: string;
  readonly patterns: ReadonlyMap<string, readonly RegExp[]>;
}

const languages = ['en', 'nl', 'de', 'no'];

/** Texts about a form or a programme that a person reads or is told; elsewhere only the rules that block a letter hold. */
const readByPatients = /^(Questionnaire\.item|ActivityDefinition\.extension|PlanDefinition\.(goal|action))/;

export function wordingFindings(files: readonly ContentFile[]): readonly Finding[] {
  const rules = files.flatMap(({ resource }) => (isRules(resource) ? rulesIn(resource) : []));
  return files
    .filter(({ folder }) => !['examples', 'demo', 'wording'].includes(folder))
    .flatMap(({ file, resource }) => {
      const isPublished = publishedWords(resource);
      return textsOf(resource)
        .filter(({ place }) => !isPublished(place))
        .flatMap(({ place, inLanguage }) =>
          [...inLanguage].flatMap(([language, text]) =>
            rules
              .filter(({ level }) => level === 'block' || (level === 'avoid' && readByPatients.test(place)))
              .flatMap((rule) => {
                const hit = hitOf(rule, language, text);
                return hit === undefined ? [] : [{ file, fault: `${place}: "${hit}" (${rule.code})` }];
              }),
          ),
        );
    });
}

const isRules = (resource: ContentFile['resource']): resource is CodeSystem =>
  resource.resourceType === 'CodeSystem' && resource.id === 'wording-rule';

function rulesIn({ concept = [] }: CodeSystem): readonly Rule[] {
  return concept.map((each) => ({
    code: each.code,
    level: valuesOf(each, 'level')[0] ?? '',
    patterns: new Map(
      languages.map((language) => [
        language,
        valuesOf(each, `pattern-${language}`).map((pattern) => new RegExp(pattern, 'iu')),
      ]),
    ),
  }));
}

const valuesOf = ({ property = [] }: CodeSystemConcept, code: string): readonly string[] =>
  property.filter((each) => each.code === code).flatMap((each) => each.valueString ?? each.valueCode ?? []);

/** What somebody is quoted with is no text of ours. */
function hitOf(rule: Rule, language: string, text: string): string | undefined {
  const ours = text.replace(/"[^"]*"|“[^”]*”|‘[^’]*’/gu, ' ');
  for (const pattern of rule.patterns.get(language) ?? []) {
    const hit = pattern.exec(ours);
    if (hit) return hit[0];
  }
  return undefined;
}
