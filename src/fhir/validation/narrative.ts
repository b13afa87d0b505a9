// Checks that a narrative is safe, well-formed XHTML: no script, no form, no event handler, nothing fetched when it is shown.
// https://hl7.org/fhir/R4/narrative.html (invariants txt-1 and txt-2). It refuses; it never repairs, so what is stored is what was sent.

const elements = new Set(
  (
    'div p br hr h1 h2 h3 h4 h5 h6 a span b i em strong small big tt dfn q var abbr acronym cite blockquote ' +
    'ul ol li dl dt dd pre table caption colgroup col thead tr tfoot tbody th td code samp kbd img map area sub sup address ins del bdo'
  ).split(' '),
);

const attributes = new Set(
  (
    'title style class id lang xml:lang dir accesskey tabindex span width height align valign char charoff abbr axis headers scope ' +
    'rowspan colspan href name rel rev hreflang type charset shape coords summary border frame rules cellspacing cellpadding xmlns ' +
    'cite datetime src alt longdesc usemap ismap nohref nowrap start value'
  ).split(' '),
);

const links = new Set(['href', 'src', 'cite', 'longdesc', 'usemap']);

const tagPattern =
  /<(\/?)([A-Za-z][\w:.-]*)((?:\s+[A-Za-z_:][\w:.-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y;
const attributePattern = /([A-Za-z_:][\w:.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const commentPattern = /<!--(?:(?!--)[\s\S])*-->/y;
const entityPattern = /&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});/y;
const textPattern = /[^<&]+/y;

/** The first thing that is wrong with the content of Narrative.div, with the invariant's key; undefined when there is nothing. */
export function narrativeFault(div: string): string | undefined {
  const open: string[] = [];
  let hasContent = false;
  let at = 0;
  const text = div.trim();
  const fault = firstFault();
  if (fault) return `txt-1: ${fault}`;
  return hasContent ? undefined : 'txt-2: The narrative SHALL have some non-whitespace content';

  function firstFault(): string | undefined {
    while (at < text.length) {
      if (open.length === 0 && at > 0) return 'Something follows the outermost div.';
      if (text[at] === '&') {
        if (!match(entityPattern)) return 'An ampersand begins no entity.';
        hasContent = true;
      } else if (text[at] !== '<') {
        const words = match(textPattern)?.[0] ?? '';
        if (open.length === 0) return 'The narrative does not begin with a div.';
        hasContent ||= words.trim() !== '';
      } else if (text.startsWith('<!--', at)) {
        if (!match(commentPattern)) return 'A comment does not end.';
      } else {
        const tag = match(tagPattern);
        if (!tag) return 'A tag is not well-formed, or not one that a narrative may hold.';
        const fault = tagFault(tag[1] === '/', tag[2] ?? '', tag[3] ?? '', tag[4] === '/');
        if (fault) return fault;
      }
    }
    return open.length > 0 ? `The element ${open.at(-1) ?? ''} does not end.` : undefined;
  }

  function match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at = pattern.lastIndex;
    return found;
  }

  function tagFault(
    isEnd: boolean,
    name: string,
    attributeText: string,
    isEmpty: boolean,
  ): string | undefined {
    if (isEnd) {
      return open.pop() === name ? undefined : `The element ${shown(name)} ends where another one is open.`;
    }
    if (!elements.has(name)) return `The element ${shown(name)} is not permitted.`;
    if (open.length === 0 && name !== 'div') return 'The narrative does not begin with a div.';
    if (open.length >= 128) return 'Elements stand inside each other too deep.';
    if (name === 'img') hasContent = true;
    const seen = new Set<string>();
    for (const [, key = '', double, single] of attributeText.matchAll(attributePattern)) {
      if (seen.has(key)) return `The attribute ${shown(key)} stands twice.`;
      seen.add(key);
      const fault = attributeFault(name, key, double ?? single ?? '');
      if (fault) return fault;
    }
    if (open.length === 0 && !seen.has('xmlns'))
      return 'The outermost div does not name the XHTML namespace.';
    if (!isEmpty) open.push(name);
    return undefined;
  }
}

function attributeFault(element: string, name: string, written: string): string | undefined {
  if (!attributes.has(name)) return `The attribute ${shown(name)} is not permitted.`;
  if (name === 'xmlns' && written !== 'http://www.w3.org/1999/xhtml')
    return 'The namespace is not that of XHTML.';
  const value = withoutEntities(written);
  if (value === undefined) return `The attribute ${name} holds an ampersand that begins no entity.`;
  // Browsers ignore white space and control characters inside a scheme.
  const address = value.replaceAll(/[^!-\uffff]/g, '').toLowerCase();
  const scheme = /^([a-z][a-z0-9+.-]*):/.exec(address)?.[1];
  if (
    name === 'style' &&
    /url\(|expression\(|@import|javascript:|behaviou?r:|-moz-binding|\\/.test(address)
  ) {
    return 'A style may not refer to something outside the narrative.';
  }
  if (!links.has(name) || scheme === undefined) {
    return links.has(name) && name === 'src' && address.startsWith('//') ? externalImage : undefined;
  }
  // By a urn a transaction names an entry of its own; nothing is fetched for it.
  if (name === 'src')
    return scheme === 'urn' || /^data:image\/(?:png|jpeg|gif|webp|bmp);/.test(address)
      ? undefined
      : externalImage;
  return ['http', 'https', 'mailto', 'tel', 'urn', 'ftp'].includes(scheme)
    ? undefined
    : `A link of ${shown(element)} uses a scheme that is not permitted.`;
}

const externalImage = 'An image is fetched from outside the resource.';

/** The value with the entities that could hide a scheme resolved; undefined for a bare ampersand. */
function withoutEntities(written: string): string | undefined {
  if (/&(?!(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)/.test(written)) return undefined;
  return written.replaceAll(
    /&(?:#(\d+)|#x([0-9a-fA-F]+)|([A-Za-z0-9]+));/g,
    (_, decimal, hex, name: string) => {
      const point = decimal ? Number(decimal) : hex ? Number.parseInt(String(hex), 16) : undefined;
      if (point === undefined)
        return { colon: ':', Tab: '\t', NewLine: '\n', lpar: '(', bsol: '\\' }[name] ?? ' ';
      return point <= 0x10ffff ? String.fromCodePoint(point) : ' ';
    },
  );
}

function shown(name: string): string {
  return name.slice(0, 32);
}
