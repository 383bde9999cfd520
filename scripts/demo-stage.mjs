// demo-stage.mjs: how the demo shows its steps. On a terminal in colour (unless NO_COLOR is set) and with a spinner
// while a step runs; elsewhere in plain lines.
//
// SPDX-License-Identifier: Apache-2.0

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 80;
const SHOWN_LINES = 12; // of what came back
const ERASE = '\r\x1b[2K';
const COLOURS = { bold: 1, dim: 2, red: 31, green: 32, cyan: 36 };

export class Stage {
  #failures = 0;
  #interrupted = false;
  #steps = 0;
  #begin = performance.now();
  #out;
  #spinner;

  constructor(out) {
    this.#out = out;
  }

  /** Runs one step; `action` gets a function that takes what it is to show. Gives what `action` gives. */
  async step(title, action) {
    const begin = performance.now();
    const said = [];
    this.#steps++;
    this.#spin(title);
    try {
      return await action((...words) => said.push(...words));
    } catch (error) {
      this.#failures++;
      error.stepFailed = true;
      said.push(
        ...String(error.message)
          .split('\n')
          .map((line) => this.#paint('red', line)),
      );
      throw error;
    } finally {
      this.#stopSpinner();
      const mark = this.#failures > 0 ? this.#paint('red', '✖') : this.#paint('green', '✔');
      this.#line(`${mark} ${title} ${this.#paint('dim', duration(begin))}`);
      this.#show(said);
    }
  }

  chapter(title) {
    this.#line(`\n${this.#paint('bold', title)}`);
  }

  note(text) {
    this.#line(this.#paint('dim', text));
  }

  /** Says so, and then nothing more: what fails from here on fails because of it. */
  interrupt() {
    this.#stopSpinner();
    this.note('interrupted: clearing up');
    this.#interrupted = true;
  }

  /** What went wrong outside of a step; a step has shown it already. */
  failed(error) {
    if (error.stepFailed) return;
    this.#failures++;
    this.#line(this.#paint('red', error.stack));
  }

  /** The last line; gives the exit status. */
  sum() {
    if (this.#interrupted) return 130;
    const words = this.#failures > 0 ? this.#paint('red', 'failed') : this.#paint('green', 'all as documented');
    this.#line(`\n${this.#steps} steps, ${words} ${this.#paint('dim', duration(this.#begin))}`);
    return this.#failures > 0 ? 1 : 0;
  }

  #show(said) {
    const lines = said.join('\n').split('\n');
    for (const line of lines.slice(0, SHOWN_LINES)) if (line) this.#line(`    ${this.#paint('cyan', this.#fit(line))}`);
    if (lines.length > SHOWN_LINES) this.note(`    … ${lines.length - SHOWN_LINES} more lines`);
  }

  /** A line that fits the terminal, or 200 characters. */
  #fit(line) {
    const width = (this.#out.columns || 204) - 5;
    return line.length > width && !line.includes('\x1b') ? `${line.slice(0, width - 1)}…` : line;
  }

  #spin(title) {
    if (!this.#out.isTTY || this.#interrupted) return;
    let frame = 0;
    const draw = () =>
      this.#out.write(`${ERASE}${this.#paint('cyan', FRAMES[frame++ % FRAMES.length])} ${this.#fit(title)}`);
    draw();
    this.#spinner = setInterval(draw, FRAME_MS);
  }

  #stopSpinner() {
    if (this.#spinner === undefined) return;
    clearInterval(this.#spinner);
    this.#spinner = undefined;
    this.#out.write(ERASE);
  }

  #line(text) {
    if (!this.#interrupted) this.#out.write(`${text}\n`);
  }

  #paint(colour, text) {
    const painted = this.#out.isTTY && !process.env.NO_COLOR;
    return painted ? `\x1b[${COLOURS[colour]}m${text}\x1b[0m` : text;
  }
}

function duration(begin) {
  const ms = performance.now() - begin;
  return ms < 1000 ? `${ms.toFixed()} ms` : `${(ms / 1000).toFixed(1)} s`;
}
