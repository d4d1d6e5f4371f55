/** What is said of live view, in Bahasa Indonesia; the shape that other languages fill. */
export const live = {
  label: 'Siaran langsung',
  open: 'Langsung',
  openMore: 'Lihat kamera ini sekarang (W)',
  close: 'Tutup siaran langsung',
  enlarge: 'Besarkan siaran langsung',
  of: (camera: string) => `Siaran langsung ${camera}`,
  connecting: 'Menyambung ke kamera…',
  pictures: 'Satu gambar per detik',
  refused: {
    incident_needed: 'Kamera ini bukan milik instansi Anda. Siarannya terbuka selama ada kejadian terbuka di tempat itu.',
    incident_closed: 'Kejadian ini sudah ditutup, jadi siarannya tidak terbuka lagi.',
    incident_elsewhere: 'Kejadian ini bukan di tempat kamera itu.',
    not_on_test: 'Pemasang hanya dapat melihat siaran selama tempat itu sedang diuji.',
    not_allowed: 'Akun Anda tidak berwenang melihat siaran langsung.',
    full: 'Penonton di perangkat lokasi ini sudah penuh. Coba lagi setelah ada yang selesai.',
    off: 'Perangkat lokasi ini tidak menyediakan siaran langsung.',
    edge_offline: 'Perangkat lokasi sedang tidak tersambung.',
    no_answer: 'Perangkat lokasi tidak menjawab. Coba sebentar lagi.',
    no_picture: 'Kamera sedang tidak mengirim gambar.',
    unavailable: 'Siaran langsung perangkat ini sedang disiapkan. Coba sebentar lagi.',
    signed_out: 'Sesi Anda telah berakhir. Silakan masuk lagi.',
    unreachable: 'Pusat tidak dapat dihubungi. Periksa jaringan Anda, lalu coba lagi.',
    other: 'Siaran langsung tidak dapat dibuka. Coba lagi; bila tetap gagal, hubungi pengelola.',
  },
  lost: { other: 'Siaran langsung terputus.' },
};

export type LiveWords = typeof live;
