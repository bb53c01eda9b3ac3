import unittest

from mask_name import Config


class Mask(unittest.TestCase):
    def test_characters_are_kept_not_bytes(self):
        self.assertEqual(Config().mask("Alexandra"), "A********")
        self.assertEqual(Config().mask("李小龙"), "李**")
        self.assertEqual(Config(keep=5).mask("Li"), "Li")
        self.assertEqual(Config().mask(""), "")

    def test_configurations_that_are_wrong_are_refused(self):
        for text in ['{"Keep": 1}', '{"keep": null}', '{"keep": true}', '{"with": "ab"}', '{"columns": "name"}', "[]"]:
            with self.subTest(text), self.assertRaises(ValueError):
                Config.parse(text)


if __name__ == "__main__":
    unittest.main()
