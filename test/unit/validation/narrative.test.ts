// Narratives are shown as HTML by somebody, so nothing active and nothing that is fetched may get into the store.
import { asSent, error, validatorOnBase } from './validator-on-base.ts';

const validator = validatorOnBase();
const issuesOf = (inner: string, tag = '<div xmlns="http://www.w3.org/1999/xhtml">') =>
  validator.validate(
    asSent({ resourceType: 'Patient', text: { status: 'generated', div: `${tag}${inner}</div>` } }),
  );
const refused = (what: string) => [error('invariant', 'Patient.text.div', `txt-1: ${what}`)];

describe('a narrative', () => {
  it.each([
    '<p>Invented <b>person</b> &amp; nobody&#39;s &#xE9;t&eacute;</p>',
    '<table border="0" cellpadding="0"><tbody><tr><td style="white-space:nowrap" nowrap="nowrap">x</td></tr></tbody></table>',
    '<a name="a"/><a href="http://hl7.org/fhir">R4</a> <a href="#a">up</a> <a href="Patient/1">him</a><br/>',
    '<img src="#photo" alt="A photo"/>',
    '<img src="data:image/png;base64,AAAA" alt="A dot"/>',
    '<img src="urn:uuid:88888888-8888-4888-8888-888888888888" alt="Another entry"/>',
    '<!-- nothing --><h1>Title</h1>',
  ])('may hold %s', (inner) => {
    expect(issuesOf(inner)).toEqual([]);
  });

  it.each([
    ['<script>alert(1)</script>', 'The element script is not permitted.'],
    ['<iframe src="http://example.org"></iframe>', 'The element iframe is not permitted.'],
    ['<form action="/x"><input name="a"/></form>', 'The element form is not permitted.'],
    ['<svg><path d="x"/></svg>', 'The element svg is not permitted.'],
    ['<link rel="stylesheet" href="http://example.org/a.css"/>', 'The element link is not permitted.'],
    ['<p onclick="alert(1)">x</p>', 'The attribute onclick is not permitted.'],
    ['<p ONCLICK="alert(1)">x</p>', 'The attribute ONCLICK is not permitted.'],
    ['<a href="javascript:alert(1)">x</a>', 'A link of a uses a scheme that is not permitted.'],
    ['<a href=" java\tscript:alert(1)">x</a>', 'A link of a uses a scheme that is not permitted.'],
    ['<a href="&#106;avascript&colon;alert(1)">x</a>', 'A link of a uses a scheme that is not permitted.'],
    ['<a href="data:text/html,x">x</a>', 'A link of a uses a scheme that is not permitted.'],
    ['<img src="http://example.org/pixel.gif" alt=""/>', 'An image is fetched from outside the resource.'],
    ['<img src="//example.org/pixel.gif" alt=""/>', 'An image is fetched from outside the resource.'],
    ['<img src="data:image/svg+xml;base64,AAAA" alt=""/>', 'An image is fetched from outside the resource.'],
    [
      '<p style="background:url(http://example.org/a)">x</p>',
      'A style may not refer to something outside the narrative.',
    ],
    ['<p style="background:\\75rl(x)">x</p>', 'A style may not refer to something outside the narrative.'],
    ['<p class="a" class="b">x</p>', 'The attribute class stands twice.'],
    ['<p>x', 'The element div ends where another one is open.'],
    ['<p>x</b></p>', 'The element b ends where another one is open.'],
    ['<p title=x>x</p>', 'A tag is not well-formed, or not one that a narrative may hold.'],
    ['<![CDATA[x]]>', 'A tag is not well-formed, or not one that a narrative may hold.'],
    ['<?php x ?>', 'A tag is not well-formed, or not one that a narrative may hold.'],
    ['fish & chips', 'An ampersand begins no entity.'],
    ['<!-- x', 'A comment does not end.'],
    ['x</div><div xmlns="http://www.w3.org/1999/xhtml">y', 'Something follows the outermost div.'],
  ])('may not hold %s', (inner, what) => {
    expect(issuesOf(inner)).toEqual(refused(what));
  });

  it.each([
    ['<div>', 'The outermost div does not name the XHTML namespace.'],
    ['<div xmlns="http://example.org">', 'The namespace is not that of XHTML.'],
    ['Text <div xmlns="http://www.w3.org/1999/xhtml">', 'The narrative does not begin with a div.'],
  ])('may not begin with %s', (tag, what) => {
    expect(issuesOf('x', tag)).toEqual(refused(what));
  });

  it('may not be empty', () => {
    expect(issuesOf(' \n <p> </p>')).toEqual([
      error('invariant', 'Patient.text.div', 'txt-2: The narrative SHALL have some non-whitespace content'),
    ]);
  });
});
