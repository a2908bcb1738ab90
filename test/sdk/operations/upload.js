import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertModel } from '../models.js';

// Without it axios turns the form into JSON, since JSON is the SDK's default.
const MULTIPART = { headers: { 'Content-Type': 'multipart/form-data' } };

const PDF = Buffer.from('%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n');
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64',
);

/** uploadFileCustomFields */
export function uploads(env) {
  describe('uploads', () => {
    // Runs use with the id of a new field that takes two files, PDF or PNG.
    const withField = async (use) => {
      const { local, locationId, label } = env;
      const { customField: { id } } = await local.ok(201, 'createCustomField', { locationId }, {
        name: `SDK Upload ${label}`, dataType: 'FILE_UPLOAD', acceptedFormat: ['.pdf', '.png'], isMultipleFile: true,
        maxNumberOfFiles: 2,
      });
      await use(id);
      await local.ok(200, 'deleteCustomField', { locationId, id });
    };

    test('files come back from the URLs in the answer', () => withField(async (id) => {
      const answer = await env.local.ok(200, 'uploadFileCustomFields', { locationId: env.locationId },
        form({ id, maxFiles: '2' }, file('report.pdf', PDF, 'application/pdf'), file('dot.png', PNG, 'image/png')), MULTIPART);
      assertModel(answer, 'FileUploadResponseDto');
      assert.deepEqual(Object.keys(answer.uploadedFiles).sort(), ['dot.png', 'report.pdf']);
      const meta = Object.fromEntries(answer.meta.map((row) => [row.originalname, row]));
      for (const [name, content, type] of [['report.pdf', PDF, 'application/pdf'], ['dot.png', PNG, 'image/png']]) {
        const row = meta[name];
        assert.equal(typeof row.fieldname, 'string');
        assert.equal(row.encoding, '7bit');
        assert.equal(row.mimetype, type);
        assert.equal(row.size, content.length);
        assert.equal(row.url, answer.uploadedFiles[name]);
        const response = await fetch(row.url);
        assert.equal(response.status, 200);
        assert.deepEqual(Buffer.from(await response.arrayBuffer()), content);
      }
    }));

    test('a form without the multipart header arrives as JSON and is refused', () => withField((id) => env.local.refused(
      { status: 415, code: 'unsupported_media_type' }, 'uploadFileCustomFields', { locationId: env.locationId },
      form({ id, maxFiles: '1' }, file('report.pdf', PDF, 'application/pdf')),
    )));

    test('the limits of the field hold', () => withField(async (id) => {
      const { local, locationId } = env;
      const pdf = (name) => file(name, PDF, 'application/pdf');
      for (const body of [
        form({ id, maxFiles: '2' }, file('program.exe', PDF, 'application/pdf')),
        form({ id, maxFiles: '2' }, pdf('1.pdf'), pdf('2.pdf'), pdf('3.pdf')),
        form({ id, maxFiles: '1' }, pdf('1.pdf'), pdf('2.pdf')),
      ]) await local.refused({ status: 400 }, 'uploadFileCustomFields', { locationId }, body, MULTIPART);
    }));

    test('a form without its texts is refused', () => env.local.refused(
      { status: 422, message: ['id must be a string', 'maxFiles must be a string'] },
      'uploadFileCustomFields', { locationId: env.locationId }, form({}, file('report.pdf', PDF, 'application/pdf')), MULTIPART,
    ));
  });
}

function file(name, content, type) {
  return [new Blob([content], { type }), name];
}

function form(texts, ...files) {
  const data = new FormData();
  for (const [name, text] of Object.entries(texts)) data.append(name, text);
  for (const [blob, name] of files) data.append('file', blob, name);
  return data;
}
