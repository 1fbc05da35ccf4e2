/** Says things to screen readers without moving the focus. */
import { createContext, useCallback, useContext, useState, type ReactNode } from 'react';
import { unseen } from '../components/tone.ts';

const AnnounceContext = createContext<(text: string) => void>(() => undefined);

/** Keeps the live region. */
export function Announcer({ children }: { readonly children: ReactNode }) {
  const [text, setText] = useState('');
  const announce = useCallback((next: string) => setText(next), []);
  return (
    <AnnounceContext.Provider value={announce}>
      {children}
      <div aria-live="polite" style={unseen}>
        {text}
      </div>
    </AnnounceContext.Provider>
  );
}

/** Says a sentence once. */
export function useAnnounce(): (text: string) => void {
  return useContext(AnnounceContext);
}
