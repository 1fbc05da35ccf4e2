/** The frame around the pages: brand, menu, theme, and the sign-in with a token. */
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, Input, Modal, useStyles2 } from '@grafana/ui';
import { useEffect, useState, type ReactNode } from 'react';
import { Link, useLocation } from 'react-router-dom';
import plugin from '../src/plugin.json';
import { refused, rememberToken } from './backend.ts';
import { chooseTheme, currentTheme } from './theme.ts';

const pages = plugin.includes
  .filter(({ addToNav }) => addToNav)
  .map(({ name, path }) => ({ name, path: path.replaceAll('%PLUGIN_ID%', plugin.id) }));

function SignIn() {
  const [shown, setShown] = useState(false);
  const [value, setValue] = useState('');
  useEffect(() => {
    const show = (): void => setShown(true);
    refused.addEventListener('refused', show);
    return () => refused.removeEventListener('refused', show);
  }, []);
  return (
    <Modal title="Sign in" isOpen={shown} onDismiss={() => setShown(false)}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          rememberToken(value.trim());
          location.reload();
        }}
      >
        <p>
          This collector wants a token. An administrator makes one: its digest stands under{' '}
          <code>tokens</code> in the configuration. It is kept in this tab until you close it.
        </p>
        <label htmlFor="token">Token</label>
        <Input
          id="token"
          type="password"
          autoComplete="off"
          value={value}
          onChange={(event) => setValue(event.currentTarget.value)}
        />
        <Modal.ButtonRow>
          <Button type="submit" disabled={value.trim() === ''}>
            Sign in
          </Button>
        </Modal.ButtonRow>
      </form>
    </Modal>
  );
}

/** Frame with the menu that Grafana would draw from plugin.json. */
export function Chrome({ children }: { readonly children: ReactNode }) {
  const styles = useStyles2(getStyles);
  const { pathname } = useLocation();
  const theme = currentTheme();
  const other = theme === 'dark' ? 'light' : 'dark';
  return (
    <div className={styles.all}>
      <a href="#pageContent" className={styles.skip}>
        Skip to content
      </a>
      <header className={styles.bar}>
        <Link to={pages[0]?.path ?? '/'} className={styles.brand}>
          <img src={`/public/plugins/${plugin.id}/img/logo.svg`} alt="" width="22" height="22" />
          Zonewarden
        </Link>
        <nav aria-label="Pages" className={styles.nav}>
          {pages.map(({ name, path }) => {
            const own =
              pathname === path ||
              pathname.startsWith(`${path}/`) ||
              (name === 'Fleet' && pathname.includes('/domains/'));
            return (
              <Link
                key={path}
                to={path}
                aria-current={own ? 'page' : undefined}
                className={cx(styles.link, own && styles.own)}
              >
                {name}
              </Link>
            );
          })}
        </nav>
        <Button
          variant="secondary"
          fill="text"
          size="sm"
          aria-label={`Change to the ${other} theme`}
          onClick={() => chooseTheme(other)}
        >
          {theme === 'dark' ? '☀ Light' : '☾ Dark'}
        </Button>
      </header>
      <main id="pageContent" className={styles.main}>
        {children}
      </main>
      <SignIn />
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  all: css({ display: 'flex', flexDirection: 'column', height: '100%' }),
  skip: css({
    position: 'absolute',
    left: -9999,
    '&:focus': { left: 8, top: 8, zIndex: 10, padding: 8, background: theme.colors.background.primary },
  }),
  bar: css({
    display: 'flex',
    alignItems: 'center',
    gap: 16,
    padding: '0 20px',
    minHeight: 48,
    background: theme.colors.background.primary,
    borderBottom: `1px solid ${theme.colors.border.weak}`,
  }),
  brand: css({
    display: 'flex',
    gap: 8,
    alignItems: 'center',
    fontWeight: 600,
    color: theme.colors.text.primary,
  }),
  nav: css({ display: 'flex', gap: 2, flex: 1, alignSelf: 'stretch', overflowX: 'auto' }),
  link: css({
    display: 'flex',
    alignItems: 'center',
    padding: '0 12px',
    color: theme.colors.text.secondary,
    borderBottom: '2px solid transparent',
    '&:hover': { color: theme.colors.text.primary },
  }),
  own: css({
    color: theme.colors.text.primary,
    borderBottomColor: theme.colors.primary.main,
    fontWeight: 500,
  }),
  main: css({ flex: 1, overflow: 'auto', minHeight: 0, background: theme.colors.background.canvas }),
});
