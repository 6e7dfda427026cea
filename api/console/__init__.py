"""The reviewer's console: pages rendered here, in Chinese and English, that work without JavaScript; see `assembly`."""
