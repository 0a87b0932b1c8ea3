import { emojiOf } from './emoji';
import { LINK, safeAddress, withoutTrailingPunctuation } from './links';

export type Inline =
  | string
  | { kind: 'strong' | 'em' | 'del'; children: Inline[] }
  | { kind: 'code'; text: string }
  | { kind: 'link'; href: string; children: Inline[] }
  | { kind: 'emoji'; text: string; name: string };

export type Block =
  | { kind: 'paragraph'; children: Inline[] }
  | { kind: 'code'; language: string; text: string }
  | { kind: 'quote'; children: Block[] }
  | { kind: 'list'; start: number | undefined; items: Block[][] };

/** Quotes and lists within each other are read this deep; what is deeper stays as it was typed. */
const MAX_DEPTH = 4;

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([\w+#.-]*)[^`]*$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^ {0,3}(?:[-*+]|(\d{1,3})[.)])(?: +(?=\S)|$)/;

/**
 * The part of Markdown that a chat needs: emphasis, code, lists, quotes and links; a line break is one. Everything else, HTML above
 * all, is text. The result is a tree of plain values which the page draws as elements, never as markup. The time is linear in the
 * length of the text, whatever stands in it.
 */
export function parseMarkdown(text: string): Block[] {
  return blocksOf(text.split('\n'), 0);
}

function blocksOf(lines: readonly string[], depth: number): Block[] {
  const blocks: Block[] = [];
  let paragraph: string[] = [];
  const endParagraph = (): void => {
    if (paragraph.length) blocks.push({ kind: 'paragraph', children: parseInline(paragraph.join('\n')) });
    paragraph = [];
  };
  for (let i = 0; i < lines.length; ) {
    const line = lines[i]!;
    const fence = FENCE.exec(line);
    if (fence) {
      endParagraph();
      const end = endOfFence(lines, i, fence[1]!);
      blocks.push({ kind: 'code', language: fence[2]!.toLowerCase(), text: lines.slice(i + 1, end).join('\n') });
      i = end + 1;
    } else if (depth < MAX_DEPTH && QUOTE.test(line)) {
      endParagraph();
      const quoted: string[] = [];
      for (; i < lines.length && QUOTE.test(lines[i]!); i++) quoted.push(lines[i]!.replace(QUOTE, ''));
      blocks.push({ kind: 'quote', children: blocksOf(quoted, depth + 1) });
    } else if (depth < MAX_DEPTH && ITEM.test(line)) {
      endParagraph();
      i = list(lines, i, depth, blocks);
    } else {
      if (line.trim() === '') endParagraph();
      else paragraph.push(line);
      i++;
    }
  }
  endParagraph();
  return blocks;
}

/** The line that closes the fence, or the end of the text: whoever forgets to close it meant all that follows. */
function endOfFence(lines: readonly string[], from: number, mark: string): number {
  for (let i = from + 1; i < lines.length; i++) {
    const line = lines[i]!.trim();
    if (line.length >= mark.length && line[0] === mark[0] && line === mark[0]!.repeat(line.length)) return i;
  }
  return lines.length;
}

/** Reads the list that begins on this line, and returns the line behind it. What is indented further than its marks belongs to an item. */
function list(lines: readonly string[], from: number, depth: number, blocks: Block[]): number {
  const number = ITEM.exec(lines[from]!)![1];
  const indent = indentOf(lines[from]!);
  const items: Block[][] = [];
  let item: string[] = [];
  let i = from;
  for (; i < lines.length; i++) {
    const line = lines[i]!;
    if (i > from && line.trim() !== '' && indentOf(line) >= indent + 2) {
      item.push(line.slice(Math.min(indentOf(line), indent + 4)));
      continue;
    }
    const begins = ITEM.exec(line);
    if (!begins || (begins[1] === undefined) !== (number === undefined)) break;
    if (i > from) items.push(blocksOf(item, depth + 1));
    item = [line.slice(begins[0].length)];
  }
  items.push(blocksOf(item, depth + 1));
  blocks.push({ kind: 'list', start: number === undefined ? undefined : Number(number), items });
  return i;
}

/** Counted no further than matters. */
const indentOf = (line: string): number => /^ {0,12}/.exec(line)![0].length;

type Mark = '*' | '**' | '_' | '__' | '~~' | '[';

/** What is open at some point of the text: a mark, and what has been read behind it. */
interface Frame {
  mark: Mark | undefined;
  children: Inline[];
}

/** Everything that may begin something. */
const SPECIAL = /[\\`*_~[\]]/g;
const WORD = /[\p{L}\p{N}]/u;

export function parseInline(text: string): Inline[] {
  const frames: Frame[] = [{ mark: undefined, children: [] }];
  const closings = new Lookahead(text);
  // Links are found first: what looks like emphasis within an address is a part of it.
  const links = linksIn(text);
  let link = 0;
  let plain = '';
  const top = (): Frame => frames.at(-1)!;
  const flush = (): void => {
    if (plain) withEmoji(plain, top().children);
    plain = '';
  };
  const open = (mark: Mark): void => {
    flush();
    frames.push({ mark, children: [] });
  };
  /** Marks that were opened after this one and not closed are text again. No mark is open twice, so nothing is moved more often than there are marks. */
  const close = (mark: Mark): Inline[] => {
    flush();
    for (;;) {
      const frame = frames.pop()!;
      if (frame.mark === mark) return frame.children;
      append(top().children, [frame.mark!, ...frame.children]);
    }
  };
  const isOpen = (mark: Mark): boolean => frames.some((frame) => frame.mark === mark);

  for (let i = 0; i < text.length; ) {
    while (link < links.length && links[link]!.end <= i) link++;
    const next = links[link];
    if (next && next.start === i) {
      flush();
      if (isOpen('[')) top().children.push(text.slice(i, next.end));
      else top().children.push({ kind: 'link', href: next.href, children: [text.slice(i, next.end)] });
      i = next.end;
      continue;
    }
    SPECIAL.lastIndex = i;
    const special = SPECIAL.exec(text)?.index ?? text.length;
    const stop = next && next.start < special ? next.start : special;
    plain += text.slice(i, stop);
    i = stop;
    if (i === text.length || stop !== special) continue;

    const character = text[i]!;
    if (character === '\\') {
      const escaped = /[\\`*_~[\]]/.test(text[i + 1] ?? '');
      plain += escaped ? text[i + 1] : '\\';
      i += escaped ? 2 : 1;
    } else if (character === '`') {
      const run = runLength(text, i);
      const end = closings.backticks(i, run);
      if (end === undefined) plain += text.slice(i, i + run);
      else {
        flush();
        top().children.push({ kind: 'code', text: trimmedCode(text.slice(i + run, end)) });
      }
      i = end === undefined ? i + run : end + run;
    } else if (character === '[') {
      if (isOpen('[')) plain += '[';
      else open('[');
      i++;
    } else if (character === ']') {
      const children = isOpen('[') ? close('[') : undefined;
      const target = children && closings.target(i);
      if (target && !deceives(children, target.href)) {
        top().children.push({ kind: 'link', href: target.href, children });
        i = target.end;
      } else {
        if (children) append(top().children, ['[', ...children]);
        plain += ']';
        i++;
      }
    } else {
      i = emphasis(text, i, { open, close, isOpen, top, add: (said) => (plain += said) });
    }
  }
  flush();
  while (frames.length > 1) {
    const frame = frames.pop()!;
    append(top().children, [frame.mark!, ...frame.children]);
  }
  return joined(frames[0]!.children);
}

interface Writer {
  open(mark: Mark): void;
  close(mark: Mark): Inline[];
  isOpen(mark: Mark): boolean;
  top(): Frame;
  add(said: string): void;
}

/** Reads a run of `*`, `_` or `~`, and returns the place behind it. Longer runs than three are drawings, not emphasis. */
function emphasis(text: string, from: number, writer: Writer): number {
  const run = runLength(text, from);
  const end = from + run;
  const character = text[from] as '*' | '_' | '~';
  const marks: Mark[] =
    character === '~' ? (run === 2 ? ['~~'] : []) : run === 1 ? [character] : run === 2 ? [`${character}${character}` as Mark] : run === 3 ? [`${character}${character}` as Mark, character] : [];
  const before = text[from - 1] ?? ' ';
  const after = text[end] ?? ' ';
  // An underscore within a word is a part of it: snake_case_name.
  const within = character === '_' && WORD.test(before) && WORD.test(after);
  const mayClose = !/\s/.test(before) && !within;
  const mayOpen = !/\s/.test(after) && !within;
  if (marks.length === 0 || within) {
    writer.add(text.slice(from, end));
    return end;
  }
  const closing = [...marks].reverse();
  if (mayClose && closing.every((mark) => writer.isOpen(mark))) {
    for (const mark of closing) {
      const children = writer.close(mark);
      writer.top().children.push({ kind: mark === '~~' ? 'del' : mark.length === 2 ? 'strong' : 'em', children: joined(children) });
    }
  } else if (mayOpen && marks.every((mark) => !writer.isOpen(mark))) for (const mark of marks) writer.open(mark);
  else writer.add(text.slice(from, end));
  return end;
}

/** What comes later in a text, found once for all who ask. */
class Lookahead {
  private readonly runs = new Map<number, number[]>();
  private readonly read = new Map<number, number>();

  constructor(private readonly text: string) {
    for (const { 0: run, index } of text.matchAll(/`+/g)) {
      const places = this.runs.get(run.length);
      if (places) places.push(index);
      else this.runs.set(run.length, [index]);
    }
  }

  /** Where the next run of so many backticks begins. Asked with growing places, it never looks at one twice. */
  backticks(after: number, length: number): number | undefined {
    const places = this.runs.get(length) ?? [];
    let i = this.read.get(length) ?? 0;
    while (i < places.length && places[i]! <= after) i++;
    this.read.set(length, i);
    return places[i];
  }

  /** The `(address)` right behind this bracket. */
  target(bracket: number): { href: string; end: number } | undefined {
    const ADDRESS = /\]\((https?:\/\/[^\s()<>[\]"'`\u200e\u200f\u202a-\u202e\u2066-\u2069]{1,2000})\)/giy;
    ADDRESS.lastIndex = bracket;
    const found = ADDRESS.exec(this.text);
    const href = found && safeAddress(found[1]!);
    return href ? { href, end: bracket + found[0].length } : undefined;
  }
}

/** Words that look like an address other than the one they would lead to are not made a link. */
function deceives(words: readonly Inline[], href: string): boolean {
  const said = inlineText(words);
  return /:\/\/|www\.|[\p{L}\p{N}]\.\p{L}{2}/iu.test(said) && !href.includes(said.replace(/\/$/, ''));
}

const inlineText = (nodes: readonly Inline[]): string =>
  nodes.map((node) => (typeof node === 'string' ? node : 'text' in node ? node.text : inlineText(node.children))).join('');

function linksIn(text: string): { start: number; end: number; href: string }[] {
  const links: { start: number; end: number; href: string }[] = [];
  for (const match of text.matchAll(LINK)) {
    const link = withoutTrailingPunctuation(match[0]);
    const href = safeAddress(link);
    if (href) links.push({ start: match.index, end: match.index + link.length, href });
  }
  return links;
}

function runLength(text: string, from: number): number {
  let end = from + 1;
  while (text[end] === text[from]) end++;
  return end - from;
}

/** One blank on each side is there to keep backticks apart from each other. */
const trimmedCode = (text: string): string => (text.length > 2 && text.startsWith(' ') && text.endsWith(' ') && text.trim() !== '' ? text.slice(1, -1) : text);

function withEmoji(text: string, into: Inline[]): void {
  let end = 0;
  for (const match of text.matchAll(/:([a-z0-9_+-]{1,32}):/g)) {
    const emoji = emojiOf(match[1]!);
    if (!emoji || match.index < end) continue;
    if (match.index > end) into.push(text.slice(end, match.index));
    into.push({ kind: 'emoji', text: emoji, name: match[1]! });
    end = match.index + match[0].length;
  }
  if (end < text.length) into.push(text.slice(end));
}

/** A spread of thousands of arguments would overflow the stack. */
function append(into: Inline[], more: readonly Inline[]): void {
  for (const inline of more) into.push(inline);
}

/** Neighbouring texts as one. */
function joined(inlines: readonly Inline[]): Inline[] {
  const result: Inline[] = [];
  let run: string[] = [];
  const end = (): void => {
    if (run.length) result.push(run.join(''));
    run = [];
  };
  for (const inline of inlines) {
    if (typeof inline === 'string') run.push(inline);
    else {
      end();
      result.push(inline);
    }
  }
  end();
  return result;
}

/** The text without its marks, for one line: a quote, a notification, what is read out. */
export function plainOf(text: string): string {
  const block = (node: Block): string => {
    switch (node.kind) {
      case 'paragraph':
        return inlineText(node.children);
      case 'code':
        return node.text;
      case 'quote':
        return node.children.map(block).join(' ');
      case 'list':
        return node.items.map((item) => item.map(block).join(' ')).join(', ');
    }
  };
  return parseMarkdown(text).map(block).join(' ').replace(/\s+/g, ' ').trim();
}
