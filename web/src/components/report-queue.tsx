import type { Report, ReportResolution } from 'hubbub-client';
import { useState } from 'preact/hooks';
import { useChanges } from '../hooks/use-changes';
import type { ReportList } from '../live/report-list';
import { ago } from '../model/time';
import { digits, text } from '../texts';
import { Markdown } from './markdown';

/** What was reported in the room, the oldest first, and what is to become of it. */
export function ReportQueue({ reports }: { reports: ReportList }) {
  useChanges(reports.changes);
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  const resolve = async (report: Report, resolution: ReportResolution): Promise<void> => {
    setBusy(true);
    setProblem('');
    try {
      await reports.resolve(report, resolution);
    } catch (error) {
      setProblem(text('failed', error instanceof Error ? error.message : String(error)));
    }
    setBusy(false);
  };
  return (
    <section class="setting" data-testid="reports">
      <h3>
        {text('reports')} <span class="quiet">{digits(reports.waiting.length)}</span>
      </h3>
      {reports.failed && <p class="quiet small">{text('reports.failed')}</p>}
      {!reports.failed && reports.waiting.length === 0 && <p class="quiet small">{text('reports.none')}</p>}
      <ul class="reports">
        {reports.waiting.map((report) => (
          <li key={report.id} class="report" data-testid="report">
            <p class="small">
              <bdi>{report.reporter.name}</bdi> · <span class="quiet">{ago(Date.parse(report.reportedAt), Date.now())}</span>
            </p>
            <p dir="auto">{report.reason}</p>
            <blockquote dir="auto">
              <bdi class="quote-sender">{report.message.sender.name}</bdi>
              {report.message.deleted ? <p class="tombstone">{text('message.deleted')}</p> : <Markdown text={report.message.message ?? ''} />}
            </blockquote>
            <p class="row-of-buttons">
              <button type="button" data-testid="report-keep" disabled={busy} onClick={() => void resolve(report, 'kept')}>
                {text('reports.keep')}
              </button>
              <button type="button" class="danger" data-testid="report-delete" disabled={busy} onClick={() => void resolve(report, 'deleted')}>
                {text('reports.delete')}
              </button>
            </p>
          </li>
        ))}
      </ul>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}
