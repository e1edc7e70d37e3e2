import './styles/fonts.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/layout.css';
import './styles/session.css';
import './styles/account.css';
import './styles/getting-in.css';
import './styles/security.css';
import './styles/people.css';
import './styles/trust.css';
import './styles/audit.css';
import './styles/print.css';
import { render } from 'preact';
import { App } from './app.tsx';
import { applyTheme } from './ui/theme.tsx';

applyTheme();
// Browsers fetch a font file when a character of it is first shown, and notes must not cause requests: fetch them all now.
for (const face of document.fonts) face.load().catch(() => undefined);
render(<App />, document.body);
