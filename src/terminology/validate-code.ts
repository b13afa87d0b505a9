// Is a code in a value set or code system, and is its display right?
// https://hl7.org/fhir/R4/valueset-operation-validate-code.html https://hl7.org/fhir/R4/codesystem-operation-validate-code.html
import type { CodeSystem, Coding, ValueSet } from '@medplum/fhirtypes';
import { fold } from '../fhir/search/fold.ts';
import { displayIn, findConcept, isAbstract } from './concepts.ts';
import { designationsOf, displayOf, membersOf } from './expand.ts';
import type { TermSource } from './term-source.ts';

export interface CodeVerdict {
  readonly result: boolean;
  /** Why not, or a remark. */
  readonly message?: string;
  /** Of the code that the verdict is about. */
  readonly system?: string;
  readonly code?: string;
  /** The display that this service would use. */
  readonly display?: string;
}

export interface CodeQuestion {
  /** One for a code or Coding, several for a CodeableConcept: one that is right is enough. */
  readonly codings: readonly Coding[];
  readonly displayLanguage?: string | undefined;
  /** May the code be a group that stands in the list for order's sake? R4 says yes when nothing is said. */
  readonly allowsAbstract: boolean;
}

interface Candidate {
  readonly system: string;
  readonly code: string;
  readonly display: string | undefined;
  readonly names: readonly string[];
  readonly isAbstract: boolean;
}

/** Undefined when the value set cannot be listed. A coding without a system is looked for in all systems of the value set. */
export function validateInValueSet(
  valueSet: ValueSet,
  source: TermSource,
  question: CodeQuestion,
): CodeVerdict | undefined {
  const members = membersOf(valueSet, source);
  if (!members) return undefined;
  const name = valueSet.url ?? 'the value set given';
  return bestOf(question, (coding) => {
    const meant = codesMeant(coding);
    const found = members.filter(
      ({ code, system, codeSystem }) =>
        (coding.system === undefined || coding.system === system) && code === meant(codeSystem),
    );
    const [member, second] = found;
    if (!member) return `${shown(coding)} is not in ${name}`;
    if (second) return `${shown(coding)} is in ${name} under several systems: say which`;
    const otherVersion = member.codeSystem && whyOtherVersion(coding, member.codeSystem);
    if (otherVersion) return otherVersion;
    const display = displayOf(member, question.displayLanguage);
    return {
      system: member.system,
      code: member.code,
      display,
      names: [displayOf(member), ...designationsOf(member).map(({ value }) => value)].flatMap(
        (each) => each ?? [],
      ),
      isAbstract: member.concept !== undefined && isAbstract(member.concept.own),
    };
  });
}

export function validateInCodeSystem(system: CodeSystem, question: CodeQuestion): CodeVerdict {
  return bestOf(question, (coding) => {
    if (coding.system !== undefined && coding.system !== system.url) {
      return `${shown(coding)} is of another system than ${system.url}`;
    }
    const otherVersion = whyOtherVersion(coding, system);
    if (otherVersion) return otherVersion;
    const concept = findConcept(system, coding.code ?? '');
    if (!concept) {
      const what = `${shown(coding)} is not known in ${system.url}`;
      return system.content === 'complete' ? what : `${what}, of which only a part is held here`;
    }
    const { own } = concept;
    return {
      system: system.url ?? '',
      code: own.code,
      display: displayIn(own, question.displayLanguage),
      names: [own.display, ...(own.designation ?? []).map(({ value }) => value)].flatMap(
        (each) => each ?? [],
      ),
      isAbstract: isAbstract(own),
    };
  });
}

/** The code as a code system writes it, where case does not matter there; looked up once for each. */
function codesMeant({ code = '' }: Coding): (codeSystem: CodeSystem | undefined) => string {
  const meant = new Map<CodeSystem, string>();
  return (codeSystem) => {
    if (codeSystem?.caseSensitive !== false) return code;
    const known = meant.get(codeSystem) ?? findConcept(codeSystem, code)?.own.code ?? code;
    meant.set(codeSystem, known);
    return known;
  };
}

/** What is true of a code in one version need not be in another. */
function whyOtherVersion({ code, version }: Coding, held: CodeSystem): string | undefined {
  if (version === undefined || held.version === undefined || version === held.version) return undefined;
  return `"${code}" is asked about in version ${version} of ${held.url}; held here is ${held.version}`;
}

/** `find` answers with what is wrong when the code is not there. */
function bestOf(
  { codings, allowsAbstract }: CodeQuestion,
  find: (coding: Coding) => Candidate | string,
): CodeVerdict {
  const verdicts = codings.map((coding): CodeVerdict => {
    const found = find(coding);
    if (typeof found === 'string') return { result: false, message: found };
    const { system, code, display } = found;
    const base = { system, code, ...(display !== undefined && { display }) };
    if (found.isAbstract && !allowsAbstract) {
      return { ...base, result: false, message: `${shown(coding)} is a group that is not to be chosen` };
    }
    const given = coding.display;
    if (given !== undefined && found.names.length === 0) {
      return {
        ...base,
        result: true,
        message: `${shown(coding)} has no display here that "${given}" could be held to`,
      };
    }
    const isRight = given === undefined || found.names.some((name) => fold(name) === fold(given));
    return isRight
      ? { ...base, result: true }
      : {
          ...base,
          result: false,
          message: `"${given}" is no display of ${shown(coding)}; its display is "${display}"`,
        };
  });
  const right = verdicts.find(({ result }) => result);
  if (right) return right;
  const message = verdicts.flatMap((verdict) => verdict.message ?? []).join('; ');
  const [only] = verdicts;
  return { ...(codings.length === 1 && only), result: false, message };
}

function shown({ system, code }: Coding): string {
  return system === undefined ? `"${code}"` : `"${code}" of ${system}`;
}
