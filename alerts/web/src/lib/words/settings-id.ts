/** The frame of the settings, in Bahasa Indonesia; the shape that other languages fill. */
export const settings = {
  label: 'Bagian pengaturan',
  parts: {
    orang: 'Orang',
    wilayah: 'Wilayah dan tempat',
    aturan: 'Aturan kamera',
    pemberitahuan: 'Pemberitahuan',
    senyap: 'Senyap dan uji',
    aplikasi: 'Aplikasi lain',
    jejak: 'Jejak perubahan',
  },
  notices: 'Pemberitahuan konsol',
  loading: 'Memuat…',
  failed: 'Halaman ini tidak dapat dimuat.',
  closed: 'Bagian ini tidak terbuka untuk akun Anda.',
  save: 'Simpan',
  cancel: 'Batal',
};
