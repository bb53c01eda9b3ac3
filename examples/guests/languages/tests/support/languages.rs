//! The languages, as tests.

/// A test a language: each is a process of its own under nextest, and its name says what is broken.
macro_rules! in_every_language {
    ($check:path) => {
        #[test]
        fn rust() {
            $check("rust");
        }

        #[test]
        fn c() {
            $check("c");
        }

        #[test]
        fn go() {
            $check("go");
        }

        #[test]
        fn python() {
            $check("python");
        }

        #[test]
        fn javascript() {
            $check("javascript");
        }
    };
}
