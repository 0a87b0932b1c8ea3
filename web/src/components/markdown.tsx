import { useMemo } from 'preact/hooks';
import { highlight } from '../model/highlight';
import { parseMarkdown, type Block, type Inline } from '../model/markdown';
import { splitMentions } from '../model/mentions';
import { text as textOf } from '../texts';

const NOBODY: readonly string[] = [];

/** What somebody wrote, drawn element by element: there is no way from a text to markup. Links tell the other site nothing of this one. */
export function Markdown({ text, names = NOBODY }: { text: string; names?: readonly string[] }) {
  const blocks = useMemo(() => parseMarkdown(text), [text]);
  return (
    <>
      {blocks.map((block, i) => (
        <BlockView key={i} block={block} names={names} />
      ))}
    </>
  );
}

function BlockView({ block, names }: { block: Block; names: readonly string[] }) {
  switch (block.kind) {
    case 'paragraph':
      return (
        <p class={isOnlyEmoji(block.children) ? 'words big emoji' : 'words'}>
          <Inlines nodes={block.children} names={names} />
        </p>
      );
    case 'code':
      return (
        // It scrolls, so the keyboard must reach it.
        <pre class="code" dir="ltr" tabIndex={0} role="region" aria-label={textOf('message.code')}>
          <code>
            {highlight(block.text, block.language).map((piece, i) =>
              piece.kind ? (
                <span key={i} class={`code-${piece.kind}`}>
                  {piece.text}
                </span>
              ) : (
                piece.text
              ),
            )}
          </code>
        </pre>
      );
    case 'quote':
      return (
        <blockquote>
          {block.children.map((child, i) => (
            <BlockView key={i} block={child} names={names} />
          ))}
        </blockquote>
      );
    case 'list': {
      const items = block.items.map((item, i) => (
        <li key={i}>
          {item.map((child, j) => (
            <BlockView key={j} block={child} names={names} />
          ))}
        </li>
      ));
      return block.start === undefined ? <ul>{items}</ul> : <ol start={block.start}>{items}</ol>;
    }
  }
}

function Inlines({ nodes, names }: { nodes: readonly Inline[]; names: readonly string[] }) {
  return (
    <>
      {nodes.map((node, i) => {
        if (typeof node === 'string') return <Mentions key={i} text={node} names={names} />;
        switch (node.kind) {
          case 'strong':
            return <strong key={i}><Inlines nodes={node.children} names={names} /></strong>;
          case 'em':
            return <em key={i}><Inlines nodes={node.children} names={names} /></em>;
          case 'del':
            return <del key={i}><Inlines nodes={node.children} names={names} /></del>;
          case 'code':
            return <code key={i}>{node.text}</code>;
          case 'emoji':
            return <span key={i} class="emoji" title={`:${node.name}:`}>{node.text}</span>;
          case 'link':
            return (
              <a key={i} href={node.href} title={node.href} target="_blank" rel="noopener noreferrer nofollow">
                <Inlines nodes={node.children} names={names} />
              </a>
            );
        }
      })}
    </>
  );
}

const Mentions = ({ text, names }: { text: string; names: readonly string[] }) => (
  <>
    {splitMentions(text, names).map((part, i) =>
      typeof part === 'string' ? (
        part
      ) : (
        <strong key={i} class="mention">
          {part.mention}
        </strong>
      ),
    )}
  </>
);

/** A message of one to three emoji is said by them alone, and so they are shown larger. */
function isOnlyEmoji(nodes: readonly Inline[]): boolean {
  if (nodes.length > 5) return false;
  const said = nodes.map((node) => (typeof node === 'string' || node.kind === 'emoji' ? (typeof node === 'string' ? node : node.text) : 'x')).join('');
  return said.length <= 30 && /^(?:\s*(?:\p{Extended_Pictographic}(?:\ufe0f|\u200d\p{Extended_Pictographic}|\p{Emoji_Modifier})*)){1,3}\s*$/u.test(said);
}
