/** Keys: `/` search, `g` then a letter to a page, `j` and `k` into the list, `?` what there is. */
import { t } from '@grafana/i18n';
import { Modal } from '@grafana/ui';
import { useEffect, useRef, useState } from 'react';
import { useNavigate } from 'react-router-dom';
import { pagePath } from './paths.ts';
import { pageRoutes } from './routes.tsx';

const chordMs = 1500;

function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** Listens on the document while the plugin is open. */
export function Shortcuts() {
  const navigate = useNavigate();
  const [shown, setShown] = useState(false);
  const chordAt = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target))
        return;
      if (event.timeStamp - chordAt.current < chordMs) {
        chordAt.current = Number.NEGATIVE_INFINITY;
        const route = pageRoutes.find(({ key }) => key === event.key);
        if (route === undefined) return;
        event.preventDefault();
        // Grafana has chords of its own that start with g.
        event.stopImmediatePropagation();
        navigate(pagePath(route.path));
      } else if (event.key === 'g') chordAt.current = event.timeStamp;
      else if (event.key === '/') {
        const field = document.querySelector<HTMLInputElement>('[data-search] input, input[data-search]');
        if (field === null) return;
        event.preventDefault();
        field.focus();
        field.select();
      } else if (event.key === 'j' || event.key === 'k') {
        const row = document.querySelector<HTMLElement>('[data-table] [data-row][tabindex="0"]');
        if (row === null) return;
        event.preventDefault();
        row.focus();
      } else if (event.key === '?') {
        event.preventDefault();
        setShown(true);
      }
    };
    document.addEventListener('keydown', onKey, true);
    return () => document.removeEventListener('keydown', onKey, true);
  }, [navigate]);
  return (
    <Modal title={t('keys.title', 'Keys')} isOpen={shown} onDismiss={() => setShown(false)}>
      <dl style={{ display: 'grid', gridTemplateColumns: 'auto 1fr', gap: '4px 16px' }}>
        <dt>/</dt>
        <dd>{t('keys.search', 'search in this list')}</dd>
        <dt>j, k</dt>
        <dd>{t('keys.rows', 'down and up in this list; Enter opens')}</dd>
        {pageRoutes.map(({ key, name, path }) =>
          key === undefined ? null : (
            <div key={path} style={{ display: 'contents' }}>
              <dt>g {key}</dt>
              <dd>{name()}</dd>
            </div>
          ),
        )}
      </dl>
    </Modal>
  );
}
