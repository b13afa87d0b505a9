// Which of our own codes stand above or below another.
import { codeHierarchy } from '../../src/content/code-hierarchy.ts';

const related = codeHierarchy([
  {
    resourceType: 'CodeSystem',
    status: 'active',
    content: 'complete',
    url: 'urn:tree',
    concept: [
      { code: 'a', concept: [{ code: 'b', concept: [{ code: 'c' }] }, { code: 'd' }] },
      { code: 'e' },
    ],
  },
  {
    resourceType: 'CodeSystem',
    status: 'active',
    content: 'complete',
    url: 'urn:flat',
    concept: [{ code: 'a' }],
  },
]);

describe('the hierarchy of codes', () => {
  it('holds the code itself, all below it and all above it', () => {
    expect(related('below', 'urn:tree', 'a')).toEqual(['a', 'b', 'c', 'd']);
    expect(related('below', 'urn:tree', 'e')).toEqual(['e']);
    expect(related('above', 'urn:tree', 'c')).toEqual(['a', 'b', 'c']);
  });

  it('is not known for a system that is not held, has no order or no such code', () => {
    expect(related('below', 'urn:none', 'a')).toBeUndefined();
    expect(related('below', 'urn:flat', 'a')).toBeUndefined();
    expect(related('above', 'urn:tree', 'x')).toBeUndefined();
  });
});
