import { render } from 'preact';
import { App } from './app.tsx';
import { readReport } from './data.ts';
import './base.css';
import './layout.css';
import './list.css';
import './overview.css';
import './case.css';
import './wire.css';
import './print.css';

const page = document.getElementById('page');

if (page)
  readReport().then(
    (report) => render(<App report={report} />, page),
    (error: unknown) => {
      page.textContent = `This report cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    },
  );
