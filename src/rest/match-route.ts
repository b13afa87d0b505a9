// Finds the route of a request. Plain string comparison: it is on the way of every call, and "$" and "%24" must be the same.
import { invalid, malformed, methodNotAllowed, notFound } from '../fhir/error.ts';
import type { Method, Route } from './route.ts';

export interface Matched {
  readonly route: Route;
  /** As written in the URL; not yet known to be a type that is served. */
  readonly type: string;
  readonly id: string;
  readonly versionId: string;
}

export type MatchRoute = (method: string, path: string) => Matched;

/** https://hl7.org/fhir/R4/datatypes.html#id */
const idPattern = /^[A-Za-z0-9\-.]{1,64}$/;
/** Any word that could be meant as a type; whether it is one is asked later, to be able to say what was meant. */
const typePattern = /^(?!metadata$)[A-Za-z]{2,64}$/;

interface Template {
  readonly route: Route;
  readonly segments: readonly string[];
}

function fits(template: Template, segments: readonly string[]): boolean {
  return template.segments.every((wanted, at) => {
    const segment = segments[at] ?? '';
    switch (wanted) {
      case '{type}':
        return typePattern.test(segment);
      case '{id}':
      case '{versionId}':
        return idPattern.test(segment);
      default:
        return wanted === segment;
    }
  });
}

function split(path: string): readonly string[] {
  const inner = path.replace(/^\//, '').replace(/\/$/, '');
  if (inner === '') {
    return [];
  }
  const segments = inner.split('/');
  if (!inner.includes('%')) {
    return segments;
  }
  try {
    return segments.map(decodeURIComponent);
  } catch (cause) {
    throw Object.assign(malformed('The address is not percent-encoded UTF-8.'), { cause });
  }
}

function noSuchRoute(segments: readonly string[]): Error {
  const [type = '', second] = segments;
  const last = segments.at(-1) ?? '';
  if (last.startsWith('$')) {
    return notFound(`There is no operation ${last} at this address.`);
  }
  if (typePattern.test(type) && second !== undefined && !/^[_$]/.test(second) && !idPattern.test(second)) {
    return invalid('An id has 1 to 64 letters, digits, hyphens and dots.');
  }
  return notFound('There is nothing at this address. GET /fhir/metadata lists what is served.');
}

/** Compiles the table. The function returned throws FhirError 404, 405 (with Allow) or 400. */
export function routeMatcher(routes: readonly Route[]): MatchRoute {
  const byLength = new Map<number, Template[]>();
  for (const route of routes) {
    const segments = split(route.path);
    byLength.set(segments.length, [...(byLength.get(segments.length) ?? []), { route, segments }]);
  }
  return (method, path) => {
    const segments = split(path);
    const wanted = method === 'HEAD' ? 'GET' : method;
    const allowed = new Set<Method | 'HEAD'>();
    for (const template of byLength.get(segments.length) ?? []) {
      if (!fits(template, segments)) {
        continue;
      }
      const { route } = template;
      const takesHead = route.method === 'GET' && route.isNoHead !== true;
      if (route.method === wanted && (method !== 'HEAD' || takesHead)) {
        const at = (name: string): string => segments[template.segments.indexOf(name)] ?? '';
        return { route, type: route.type ?? at('{type}'), id: at('{id}'), versionId: at('{versionId}') };
      }
      allowed.add(route.method);
      if (takesHead) {
        allowed.add('HEAD');
      }
    }
    if (allowed.size > 0) {
      throw methodNotAllowed(`${method} is not served at this address.`, [...allowed].sort());
    }
    throw noSuchRoute(segments);
  };
}
