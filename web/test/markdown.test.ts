import { describe, expect, it } from 'vitest';
import { highlight } from '../src/model/highlight';
import { parseInline, parseMarkdown, plainOf, type Block, type Inline } from '../src/model/markdown';

/** The tree in a line: s, e, d for the three emphases, c for code, a for a link. */
function sketch(nodes: readonly Inline[]): string {
  const letter = { strong: 's', em: 'e', del: 'd' };
  return nodes
    .map((node) => {
      if (typeof node === 'string') return node;
      if (node.kind === 'code') return `<c ${node.text}>`;
      if (node.kind === 'emoji') return node.text;
      if (node.kind === 'link') return `<a ${node.href} ${sketch(node.children)}>`;
      return `<${letter[node.kind]} ${sketch(node.children)}>`;
    })
    .join('');
}
const inline = (text: string): string => sketch(parseInline(text));
const kinds = (blocks: readonly Block[]): string => blocks.map((block) => block.kind).join();

describe('A message’s emphasis', () => {
  it('is of three kinds, within each other too', () => {
    expect(inline('*a* **b** _c_ __d__ ~~e~~')).toBe('<e a> <s b> <e c> <s d> <d e>');
    expect(inline('**bold and *both* and ~~gone~~**')).toBe('<s bold and <e both> and <d gone>>');
    expect(inline('***all***')).toBe('<s <e all>>');
  });

  it('needs no blanks inside, and no underscore within a word', () => {
    for (const text of ['2 * 3 * 4', 'snake_case_name', '* a *', '**', '****', '*', '~a~', 'a*', '__init__.py is _', '_ _']) expect(inline(text), text).not.toMatch(/<e a|<e 3|<e case/);
    expect(inline('snake_case_name')).toBe('snake_case_name');
  });

  it('that is not closed is text', () => {
    expect(inline('**a *b*')).toBe('**a <e b>');
    expect(inline('*a **b*')).toBe('<e a **b>');
    expect(inline('~~a [b **c')).toBe('~~a [b **c');
  });

  it('can be avoided with a backslash', () => {
    expect(inline('\\*a\\* \\`b\\` C:\\temp')).toBe('*a* `b` C:\\temp');
  });
});

describe('A message’s code', () => {
  it('is what stands between as many backticks, as it stands there', () => {
    expect(inline('`a *b* :tada:` ``c ` d`` `` ` ``')).toBe('<c a *b* :tada:> <c c ` d> <c `>');
    expect(inline('a ` b')).toBe('a ` b');
  });

  it('is a block between fences, or from a fence to the end', () => {
    expect(parseMarkdown('see\n```ts\nlet a = 1;\n\n> b\n```\nend')).toMatchObject([
      { kind: 'paragraph' }, { kind: 'code', language: 'ts', text: 'let a = 1;\n\n> b' }, { kind: 'paragraph' },
    ]);
    expect(parseMarkdown('```\na')).toEqual([{ kind: 'code', language: '', text: 'a' }]);
  });

  it('is coloured without losing a letter', () => {
    const code = '// why\nconst a = "x\\"y" + 12; /* not closed';
    const pieces = highlight(code, 'ts');
    expect(pieces.map((piece) => piece.text).join('')).toBe(code);
    expect(pieces.flatMap((piece) => (piece.kind ? [`${piece.kind} ${piece.text}`] : []))).toEqual([
      'comment // why', 'keyword const', 'string "x\\"y"', 'number 12', 'comment /* not closed',
    ]);
    expect(highlight('# why', 'py')).toEqual([{ text: '# why', kind: 'comment' }]);
  });
});

describe('A message’s blocks', () => {
  it('are paragraphs, quotes and lists, within each other too', () => {
    expect(kinds(parseMarkdown('a\nb\n\nc'))).toBe('paragraph,paragraph');
    expect(parseMarkdown('> a\n> > b')).toMatchObject([{ kind: 'quote', children: [{ kind: 'paragraph' }, { kind: 'quote' }] }]);
    expect(parseMarkdown('- a\n- b\n  1. c\n  2. d\n- e')).toMatchObject([{
      kind: 'list',
      items: [[{ kind: 'paragraph' }], [{ kind: 'paragraph' }, { kind: 'list', start: 1, items: [[{}], [{}]] }], [{ kind: 'paragraph' }]],
    }]);
    expect(parseMarkdown('3. a\n4. b')).toMatchObject([{ kind: 'list', start: 3 }]);
  });

  it('leave what only looks like one as it was typed', () => {
    for (const text of ['-5 degrees', '*emphasis*', '# no heading', '1.5 litres', '<b>no markup</b>', '| no | table |']) expect(kinds(parseMarkdown(text)), text).toBe('paragraph');
  });
});

describe('A message’s links', () => {
  it('have words of their own where these do not look like another address', () => {
    expect(inline('[the *page*](https://a.example/b)')).toBe('<a https://a.example/b the <e page>>');
    expect(inline('[a.example](https://a.example/)')).toBe('<a https://a.example/ a.example>');
    expect(inline('[https://bank.example](https://evil.example/)')).toContain('](');
    expect(inline('[bank.example](https://evil.example/)')).toContain('[bank.example](');
  });

  it('lead only to the web', () => {
    for (const address of ['javascript:alert(1)', 'data:text/html,x', '/local', 'https://u:p@a.example/', 'JaVaScRiPt:alert(1)', '//a.example', 'https://a.example/"onclick=']) {
      const found = parseInline(`[x](${address})`).filter((node) => typeof node !== 'string' && node.kind === 'link');
      for (const link of found) expect(link, address).toMatchObject({ href: 'https://a.example/' });
    }
  });
});

describe('A message', () => {
  it('knows emoji by name, outside of code and addresses', () => {
    expect(inline(':tada: :nosuch: 10:30:45 https://a.example/:tada:x')).toBe('🎉 :nosuch: 10:30:45 <a https://a.example/:tada:x https://a.example/:tada:x>');
  });

  it('is one line of plain words where there is no room for more', () => {
    expect(plainOf('**Hello** `you`\n> quoted\n- one\n- two [three](https://a.example/)')).toBe('Hello you quoted one, two three');
  });

  // Each of these has made some parser of Markdown take minutes. 16 KiB is the longest message.
  const awkward = {
    'opened emphasis': '*a **a ',
    'closed emphasis': 'a** a* ',
    'emphasis that overlaps': '*_a*_',
    'brackets': '[',
    'brackets and parentheses': '[](',
    'links that do not end': '[a](https://a.example/',
    'addresses': 'https://a.example/',
    'address and brackets': 'https://a.example/' + ')'.repeat(100),
    'backticks of growing length': '`a ``a ```a ````a ',
    'quotes': '>',
    'lists in lists': '- ',
    'indented lists': '  - a\n    ',
    'fences': '```\n~~~\n',
    'tildes': '~~',
    'backslashes': '\\',
    'colons': ':a',
    'comments in code': '/*',
    'quotation marks in code': '"\\',
  };
  for (const [name, piece] of Object.entries(awkward)) {
    it(`takes time in proportion to its length: ${name}`, () => {
      const measure = (length: number): number => {
        const text = piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
        let best = Infinity;
        for (let i = 0; i < 5; i++) {
          const began = performance.now();
          parseMarkdown(text);
          highlight(text, 'ts');
          best = Math.min(best, performance.now() - began);
        }
        return best;
      };
      measure(2_000);
      const small = Math.max(measure(16_000), 0.25);
      const large = measure(128_000);
      // Eight times the length. Quadratic time would be 64 times as much; half of that leaves room for a busy machine.
      expect(large / small).toBeLessThan(32);
    });
  }
});
