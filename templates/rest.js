/** The REST description as a page to read and to try: all that it says comes from openapi.json. */

const DESCRIPTION = '/api/openapi.json';
const ROUTE = '/api/frames';
/** Of a picture's base64, as much as is shown. */
const SHOWN_CHARACTERS = 60;
const IDS = ['user_id', 'module_id', 'section_id'];

const $ = (id) => document.getElementById(id);

/** @returns {HTMLElement} An element with children: elements, or texts that are never HTML. */
function element(name, ...children) {
  const made = document.createElement(name);
  made.append(...children);
  return made;
}

/** @returns {(string | HTMLElement)[]} A text whose `code` stands between backticks. */
function prose(text) {
  return text.split('`').map((part, number) => (number % 2 ? element('code', part) : part));
}

/** @returns {HTMLTableElement} Of rows whose first cell names them. */
function table(rows) {
  const body = element('tbody');
  for (const [name, ...cells] of rows) {
    const heading = element('th', name);
    heading.scope = 'row';
    body.append(element('tr', heading, ...cells.map((cell) => element('td', ...prose(cell)))));
  }
  return element('table', body);
}

/** @returns {string} A JSON schema in a few words. */
function kind(schema) {
  if (schema.$ref) return schema.$ref.split('/').at(-1);
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(', ');
  if (schema.anyOf) return [...new Set(schema.anyOf.map(kind))].join(' or ');
  if (schema.type === 'array') return `list of ${kind(schema.items ?? {})}`;
  const limits = schema.maxLength ? ` of at most ${schema.maxLength} characters` : '';
  return `${schema.type ?? 'anything'}${limits}`;
}

function showRoutes(paths) {
  $('routes').append(element('h2', 'All routes'));
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, route] of Object.entries(methods)) {
      const responses = Object.entries(route.responses);
      $('routes').append(
        element(
          'details',
          element('summary', element('strong', method.toUpperCase()), `${path}: ${route.summary}`),
          element('p', ...prose(route.description)),
          table(responses.map(([status, { description }]) => [status, description])),
        ),
      );
    }
  }
}

function showModels(schemas) {
  $('models').append(element('h2', 'What is sent and told'));
  for (const [name, schema] of Object.entries(schemas)) {
    const required = new Set(schema.required);
    const rows = Object.entries(schema.properties ?? {}).map(([field, of]) => [
      field,
      `${kind(of)}${required.has(field) ? '' : ' (may be missing)'}`,
      of.description ?? '',
    ]);
    $('models').append(
      element('details', element('summary', name), element('p', ...prose(schema.description ?? '')), table(rows)),
    );
  }
}

/** The request as it will be sent; ids of digits alone are numbers, as platforms send them. */
class Attempt {
  constructor(example) {
    this.picture = example.frame_base64;
  }

  /** @returns {object} */
  get message() {
    const message = { frame_base64: this.picture, timestamp: Date.now() };
    for (const id of IDS) {
      const value = $(id).value.trim();
      if (value) message[id] = /^-?\d{1,15}$/.test(value) ? Number(value) : value;
    }
    return message;
  }

  /** @returns {Record<string, string>} */
  get headers() {
    const token = $('token').value.trim();
    return {
      'Content-Type': 'application/json',
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
    };
  }

  show() {
    $('picture').src = this.picture;
    const { message } = this;
    const short = { ...message, frame_base64: `${message.frame_base64.slice(0, SHOWN_CHARACTERS)}…` };
    const headers = Object.keys(this.headers).map((name) =>
      name === 'Authorization' ? `${name}: Bearer …` : `${name}: ${this.headers[name]}`,
    );
    $('request').textContent =
      `POST ${location.origin}${ROUTE}\n${headers.join('\n')}\n\n${JSON.stringify(short, null, 2)}`;
  }

  async send() {
    const begun = performance.now();
    const request = { method: 'POST', headers: this.headers, body: JSON.stringify(this.message) };
    try {
      const answer = await fetch(ROUTE, request);
      const text = await answer.text();
      const milliseconds = Math.round(performance.now() - begun);
      tell(`${answer.status} ${answer.statusText}, ${milliseconds} ms`, !answer.ok, pretty(text));
    } catch (error) {
      tell('no answer', true, `The service can't be reached: ${error.message}`);
    }
  }
}

/** @returns {string} JSON with line breaks; what is none, as it is. */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function tell(outcome, bad, text) {
  $('outcome').textContent = outcome;
  $('outcome').dataset.bad = String(bad);
  $('answer').textContent = text;
}

/** @returns {Promise<string>} A file as a data URL. */
function read(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

async function main() {
  const description = await (await fetch(DESCRIPTION)).json();
  $('about').append(...prose(description.info.description));
  showRoutes(description.paths);
  showModels(description.components.schemas);
  const { example } = description.paths[ROUTE].post.requestBody.content['application/json'];
  const attempt = new Attempt(example);
  attempt.show();
  $('try').addEventListener('input', () => attempt.show());
  $('file').addEventListener('change', async ({ target }) => {
    if (target.files[0]) attempt.picture = await read(target.files[0]);
    attempt.show();
  });
  $('try').addEventListener('submit', async (event) => {
    event.preventDefault();
    attempt.show();
    await attempt.send();
  });
}

await main();
