"""Labelled data in, figures and plots in the terms of ISO/IEC 19795 out."""
