export interface Piece {
  text: string;
  /** Plain if absent. */
  kind?: 'comment' | 'string' | 'number' | 'keyword';
}

const KEYWORDS = new Set(
  (
    'abstract as async await base bool break byte case catch char class const continue crate def default defer del delete do done double elif else end enum except export extends ' +
    'extern false fi final finally float fn for foreach from func function go if impl implements import in include int interface internal is lambda let long loop match mod module mut namespace new nil None not ' +
    'null nullptr object of operator or and out override package pass private protected pub public raise readonly record ref return sealed select self short static string struct super switch synchronized table ' +
    'template then this throw throws trait True False true try type typeof typedef undefined union unsafe unsigned use using val var virtual void volatile where while with yield ' +
    'SELECT FROM WHERE INSERT INTO UPDATE SET DELETE CREATE TABLE INDEX JOIN LEFT INNER ON AND OR NOT NULL VALUES ORDER GROUP BY LIMIT AS'
  ).split(' '),
);

/** Languages in which `#` begins a comment; in the others it is `//`. */
const HASHED = new Set(['sh', 'bash', 'shell', 'zsh', 'py', 'python', 'rb', 'ruby', 'yaml', 'yml', 'toml', 'ini', 'conf', 'dockerfile', 'make', 'makefile', 'perl', 'r', 'nginx']);
/** And in which it is `--`. */
const DASHED = new Set(['sql', 'lua', 'haskell', 'hs']);

const STRINGS = `"(?:[^"\\\\\\n]|\\\\.)*"?|'(?:[^'\\\\\\n]|\\\\.)*'?|\`(?:[^\`\\\\]|\\\\[^])*\`?`;
const REST = `|(?<string>${STRINGS})|(?<number>\\b(?:0x[\\da-f]+|\\d+(?:\\.\\d+)?)\\w*)|(?<word>[A-Za-z_]\\w*)`;
// What is not closed goes to the end, so that no part of a text is looked at twice.
const SLASHES = new RegExp(`(?<comment>//[^\\n]*|/\\*[^]*?(?:\\*/|$))${REST}`, 'gi');
const HASHES = new RegExp(`(?<comment>#[^\\n]*)${REST}`, 'gi');
const DASHES = new RegExp(`(?<comment>--[^\\n]*)${REST}`, 'gi');

/** Cuts code into pieces to be coloured: well enough for any language that looks like the usual ones, in time linear in its length. */
export function highlight(code: string, language: string): Piece[] {
  if (language === '' || language === 'text' || language === 'txt') return [{ text: code }];
  const pattern = HASHED.has(language) ? HASHES : DASHED.has(language) ? DASHES : SLASHES;
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of code.matchAll(pattern)) {
    const { comment, string, number, word } = match.groups!;
    const kind = comment !== undefined ? 'comment' : string !== undefined ? 'string' : number !== undefined ? 'number' : word !== undefined && KEYWORDS.has(word) ? 'keyword' : undefined;
    if (!kind) continue;
    if (match.index > end) pieces.push({ text: code.slice(end, match.index) });
    pieces.push({ text: match[0], kind });
    end = match.index + match[0].length;
  }
  if (end < code.length) pieces.push({ text: code.slice(end) });
  return pieces;
}
